/** Questions to the worker, one at a time. Of the questions that are asked meanwhile, only the last is kept. */
import type { Answer } from "./engine/answer.js";

export class Latest<Value> {
  private asked: (() => Promise<Answer<Value>>) | undefined;
  private isBusy = false;

  /** `show` gets the answers, except for those that a newer question makes useless. */
  constructor(private readonly show: (answer: Answer<Value>) => void) {}

  ask(question: () => Promise<Answer<Value>>): void {
    this.asked = question;
    if (!this.isBusy) this.answerAll();
  }

  private async answerAll(): Promise<void> {
    this.isBusy = true;
    while (this.asked !== undefined) {
      const question = this.asked;
      this.asked = undefined;
      const answer = await question();
      if (this.asked === undefined) this.show(answer);
    }
    this.isBusy = false;
  }
}
