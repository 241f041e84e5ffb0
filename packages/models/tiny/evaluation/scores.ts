import { normalisedMatch, rougeL, tokenF1 } from "../../src/score/overlap.ts";

/** What was asked of the model, what it should say and what it said. */
export interface Answered {
  readonly gold: string;
  readonly answer: string;
  /** What the answer must mention: of each entry one spelling is enough. */
  readonly mentions?: readonly (readonly string[])[];
}

/** Figures by name, each between 0 and 1. */
export type Figures = Readonly<Record<string, number>>;

/** Scores the answers of one task by what its gold answers look like: yes or no, JSON, or text. */
export function scoreTask(answers: readonly Answered[]): Figures {
  if (answers.every(({ gold }) => gold === "yes" || gold === "no")) return scoreChecks(answers);
  if (answers.every(({ gold }) => gold.startsWith("{"))) return scoreFields(answers);
  return scoreTexts(answers);
}

function scoreChecks(answers: readonly Answered[]): Figures {
  const yes = answers.filter(({ answer }) => /^yes\b/.test(answer));
  const wanted = answers.filter(({ gold }) => gold === "yes");
  const right = yes.filter(({ gold }) => gold === "yes").length;
  const same = answers.filter(({ gold, answer }) => answer === gold).length;
  const precision = yes.length === 0 ? 0 : right / yes.length;
  const recall = wanted.length === 0 ? 0 : right / wanted.length;
  return {
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    accuracy: same / answers.length,
  };
}

/** `fields`: share of the fields that equal gold but for case and punctuation. An answer that is no JSON has none right. */
function scoreFields(answers: readonly Answered[]): Figures {
  const fields = answers.flatMap(({ gold, answer }) => {
    const said = parseObject(answer);
    return Object.entries(parseObject(gold) ?? {}).map(([name, value]) => ({
      value: String(value),
      said: String(said?.[name] ?? "\0"),
    }));
  });
  return {
    json: mean(answers.map(({ answer }) => (parseObject(answer) === undefined ? 0 : 1))),
    fields: mean(fields.map(({ value, said }) => normalisedMatch(said, value))),
    words: mean(fields.map(({ value, said }) => tokenF1(said, value))),
  };
}

function scoreTexts(answers: readonly Answered[]): Figures {
  const asked = answers.flatMap(({ answer, mentions = [] }) =>
    mentions.map((spellings) =>
      spellings.some((spelling) => answer.toLowerCase().includes(spelling.toLowerCase())) ? 1 : 0,
    ),
  );
  return {
    exact: mean(answers.map(({ gold, answer }) => normalisedMatch(answer, gold))),
    words: mean(answers.map(({ gold, answer }) => tokenF1(answer, gold))),
    rougeL: mean(answers.map(({ gold, answer }) => rougeL(answer, gold))),
    ...(asked.length > 0 ? { mentions: mean(asked) } : {}),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce<number>((sum, value) => sum + value, 0) / values.length;
}
