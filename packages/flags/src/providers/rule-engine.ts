import { EventEmitter } from "node:events";
import type { FailureLog } from "@flyball/core";
import { Unleash, type UnleashConfig } from "unleash-client";
import { engineContext, evaluateOne, type Reasons, reasonsOf } from "../evaluate.ts";
import { Ruleset, type RulesetSnapshot } from "../ruleset.ts";
import type { FlagContext, FlagEvaluation } from "../types.ts";

type Repository = NonNullable<UnleashConfig["repository"]>;
type Feature = NonNullable<ReturnType<Repository["getToggle"]>>;
type Segment = NonNullable<ReturnType<Repository["getSegment"]>>;

/** Unleash's engine reads rules through this: it asks for a flag whenever it decides it. */
class RulesetRepository extends EventEmitter implements Repository {
  readonly #ruleset: Ruleset;

  constructor(ruleset: Ruleset) {
    super();
    this.#ruleset = ruleset;
  }

  // The engine changes nothing of what it is given; its types just do not say so.
  getToggle(name: string): Feature | undefined {
    return this.#ruleset.definitions.get(name) as Feature | undefined;
  }
  getToggles(): Feature[] {
    return [...this.#ruleset.definitions.values()] as unknown as Feature[];
  }
  getSegment(id: number): Segment | undefined {
    return this.#ruleset.segments.get(id) as Segment | undefined;
  }
  getTogglesWithSegmentData(): ReturnType<Repository["getTogglesWithSegmentData"]> {
    return [];
  }
  async start(): Promise<void> {
    this.emit("ready");
  }
  stop(): void {
    this.removeAllListeners();
  }
}

/** Rules in force and the engine that decides by them, wherever the rules come from. */
export interface RuleEngine {
  readonly ruleset: Ruleset;
  apply(snapshot: RulesetSnapshot, now: number): void;
  /** In the order asked; a flag that is not known is left out. */
  evaluate(flags: readonly string[], context: FlagContext): FlagEvaluation[];
  close(): void;
}

export function createRuleEngine(failures: FailureLog): RuleEngine {
  const ruleset = new Ruleset();
  const engine = new Unleash({
    appName: "flyball",
    url: "http://embedded.invalid",
    disableMetrics: true,
    disableAutoStart: true,
    skipInstanceCountWarning: true,
    repository: new RulesetRepository(ruleset),
  });
  engine.on("error", (error) => failures.report("flag engine", error));
  // Ready when this returns, because the repository is: it emits while it is started.
  void engine.start();
  let reasons: ReadonlyMap<string, Reasons> = new Map();

  return {
    ruleset,
    apply(snapshot, now) {
      reasons = new Map(snapshot.definitions.map((definition) => [definition.name, reasonsOf(definition)]));
      ruleset.apply(snapshot, now);
    },
    evaluate(flags, context) {
      const asked = engineContext(context);
      const evaluations = [];
      for (const flag of flags) {
        const definition = ruleset.definitions.get(flag);
        const why = reasons.get(flag);
        if (definition && why) evaluations.push(evaluateOne(engine, definition, asked, why, ruleset.version));
      }
      return evaluations;
    },
    close: () => engine.destroy(),
  };
}
