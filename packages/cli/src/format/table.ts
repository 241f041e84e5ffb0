import CliTable from "cli-table3";

/** A column: its heading, and whether its values line up on the right, as numbers do. */
export interface Column {
  readonly heading: string;
  readonly align?: "left" | "right";
}

const none = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid"])
    .map((place) => [place, ""]),
);

/** Rows under headings, without lines: it reads in a terminal and pastes into a message. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const drawn = new CliTable({
    chars: { ...none, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: columns.map((column) => column.align ?? "left"),
    head: columns.map((column) => column.heading),
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
