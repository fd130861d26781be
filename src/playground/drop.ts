/** Files that are dropped on a card. */
import { useSignal } from "@preact/signals";

interface DropProps {
  readonly class: string;
  readonly onDragOver: (event: DragEvent) => void;
  readonly onDragLeave: () => void;
  readonly onDrop: (event: DragEvent) => void;
}

/** Properties of a card that takes files. */
export function useDrop(take: (files: readonly File[]) => void): DropProps {
  const over = useSignal(false);
  return {
    class: `card drop${over.value ? " over" : ""}`,
    onDragOver: (event) => {
      event.preventDefault();
      over.value = true;
    },
    onDragLeave: () => {
      over.value = false;
    },
    onDrop: (event) => {
      event.preventDefault();
      over.value = false;
      take([...(event.dataTransfer?.files ?? [])]);
    },
  };
}
