/** What the corpus generator of `packages/models/tiny` hands in; declared here, so that nothing has to be imported from it. */
export interface Random {
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  sample<T>(list: readonly T[], count: number): T[];
}

export interface Tools {
  createRandom(seed: number): Random;
  expand(template: string, random: Random, slots?: Record<string, string>, draw?: (name: string) => string): string;
  readonly values: Readonly<
    Record<"person" | "place" | "town" | "date" | "time" | "rupees", (random: Random) => string>
  >;
}

/** As the generator reads them: an answer to learn, or a query that belongs to a passage. */
export type TrainingRecord =
  | {
      readonly task: string;
      readonly group: string;
      readonly messages: readonly { readonly role: string; readonly content: string }[];
      readonly answer: string;
      readonly weight?: number;
    }
  | {
      readonly task: "embed";
      readonly query: string;
      readonly passage: string;
      readonly label: string;
      readonly also: readonly string[];
    };
