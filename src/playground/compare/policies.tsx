/** The choice of policies, and of their parameters. */
import type { PolicyInfo, PolicyParameter } from "pagewalk";
import type { JSX } from "preact";
import { Fault } from "../fault.jsx";
import { policies } from "../policies.js";
import { bareName, chosen } from "./form.js";
import { problem } from "./run.js";

export function PolicyChoice(): JSX.Element {
  const names = policies.value.map(({ name }) => name);
  const fault = problem.value?.option === "policies" ? problem.value : undefined;
  return (
    <fieldset class="card" aria-describedby={fault && "policies-fault"}>
      <legend>
        <h3>2. Policies</h3>
      </legend>
      <p class="sets">
        <button type="button" onClick={() => choose(names)}>
          All {names.length}
        </button>
        <button type="button" onClick={() => choose([])}>
          None
        </button>
        <span role="status">{chosen.value.length} chosen</span>
      </p>
      <div class="policies">
        {policies.value.map((policy) => (
          <label key={policy.name} title={titleOf(policy)}>
            <input
              type="checkbox"
              checked={chosen.value.some((one) => bareName(one) === policy.name)}
              onChange={({ currentTarget }) => toggle(policy.name, currentTarget.checked)}
            />
            {policy.name}
          </label>
        ))}
      </div>
      <Parameters />
      {fault && <Fault problem={fault} id="policies-fault" />}
    </fieldset>
  );
}

/** Those that are chosen already keep their parameters. */
function choose(names: readonly string[]): void {
  chosen.value = names.map((name) => chosen.value.find((one) => bareName(one) === name) ?? name);
}

/** In the kernel's order. */
function toggle(name: string, isOn: boolean): void {
  const names = chosen.value.map(bareName);
  const wanted = isOn ? [...names, name] : names.filter((one) => one !== name);
  choose(policies.value.map((policy) => policy.name).filter((one) => wanted.includes(one)));
}

function titleOf({ needsFuture, isVariable }: PolicyInfo): string {
  if (needsFuture) return "knows the future: a bound";
  return isVariable ? "variable space: releases pages without a fault" : "";
}

function Parameters(): JSX.Element | null {
  const withParameters = chosen.value.flatMap((text) => {
    const info = policies.value.find(({ name }) => name === bareName(text));
    return info === undefined || info.parameters.length === 0 ? [] : [{ text, info }];
  });
  if (withParameters.length === 0) return null;
  return (
    <details>
      <summary>Parameters</summary>
      {withParameters.map(({ text, info }) => (
        <fieldset class="parameters" key={info.name}>
          <legend>{info.name}</legend>
          {info.parameters.map((parameter) => (
            <Parameter key={parameter.name} text={text} parameter={parameter} />
          ))}
        </fieldset>
      ))}
    </details>
  );
}

function Parameter({ text, parameter }: { text: string; parameter: PolicyParameter }): JSX.Element {
  const { name, least, most, isWhole, words } = parameter;
  const value = settingsOf(text).get(name) ?? usualOf(parameter);
  const set = ({ currentTarget }: { currentTarget: { value: string } }) =>
    change(text, parameter, currentTarget.value);
  const id = `${bareName(text)}-${name}`;
  return (
    <label for={id}>
      {name}
      {words === undefined ? (
        <input
          id={id}
          type="number"
          min={least}
          max={most}
          step={isWhole ? 1 : "any"}
          value={value}
          onChange={set}
        />
      ) : (
        <select id={id} value={value} onChange={set}>
          {words.map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </select>
      )}
    </label>
  );
}

function usualOf({ words, default: usual }: PolicyParameter): string {
  return words?.[usual] ?? `${usual}`;
}

/** `kin=0.25,kout=0.5` of `2q:kin=0.25,kout=0.5`. */
function settingsOf(text: string): Map<string, string> {
  const [, list = ""] = text.split(":");
  const pairs = list.split(",").map((pair) => pair.split("="));
  return new Map(pairs.flatMap(([key = "", value]) => (value === undefined ? [] : [[key, value]])));
}

/** Writes a parameter into the policy's text; one that is as usual is left out. */
function change(text: string, parameter: PolicyParameter, value: string): void {
  const settings = settingsOf(text);
  if (value === "" || value === usualOf(parameter)) settings.delete(parameter.name);
  else settings.set(parameter.name, value);
  const list = [...settings].map((pair) => pair.join("=")).join(",");
  const next = list === "" ? bareName(text) : `${bareName(text)}:${list}`;
  chosen.value = chosen.value.map((one) => (one === text ? next : one));
}
