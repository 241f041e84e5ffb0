import { failureLog, silentLogger, withDeadline } from "@flyball/core";
import { createAnswerMap } from "./answer-map.ts";
import { createEmbeddingCache } from "./embedding-cache.ts";
import { Entries } from "./entries.ts";
import { loadVectorGraph } from "./index/graph.ts";
import type { VectorGraphFactory } from "./index/types.ts";
import { SemanticLedger } from "./ledger.ts";
import { type Found, Lookup } from "./lookup.ts";
import { checkSemanticOptions, isMode, type SemanticCacheOptions } from "./options.ts";
import { partitionKey } from "./partition.ts";
import type { Asked, SemanticAnswer, SemanticCache, SemanticQuestion } from "./types.ts";

const unasked: Asked = { hit: undefined, learn() {} };
/** Answers kept or compared at once behind the callers; what comes on top is dropped and counted. */
const mostInBackground = 256;
/** A comparison may ask a model; one that never settles must not take its place for ever. */
const compareDeadlineMs = 60_000;

/**
 * Serves the answer to a question that means the same as an earlier one of the same tenant and model. Off unless
 * told: run it in shadow first, where it says what it would have saved and how often it would have been wrong. Fails
 * open: without embeddings, or with a store that is gone, it finds nothing.
 *
 * Vectors are held by the process that made them; they do not outlive it and are not shared.
 * @throws ConfigurationError naming the option
 */
export function createSemanticCache(options: SemanticCacheOptions): SemanticCache {
  const settings = checkSemanticOptions(options);
  const { clock, mode, compare } = settings;
  const failures = failureLog(options.logger ?? silentLogger);
  const ledger = new SemanticLedger(settings.name, options.telemetry, clock, failures);
  const embeddings = createEmbeddingCache({ embed: options.embed, ...options.embeddings });
  const entries = new Entries({
    ...settings,
    answers: options.answers ?? createAnswerMap(),
    graphFactory: graphSource((error) => failures.report("semantic cache graph", error)),
    onGraphFailure: (error) => failures.report("semantic cache graph", error),
    onStoreFailure: (error) => failures.report("semantic cache store", error),
  });
  const lookup = new Lookup(settings, entries, embeddings, ledger);
  const sweeping = clock.every(Math.min(60_000, Math.max(1_000, settings.ttlMs / 10)), () => entries.sweep());
  const background = new Set<Promise<void>>();
  let closed = false;

  function behind(work: () => Promise<void>): void {
    if (background.size >= mostInBackground) {
      ledger.dropped++;
      return;
    }
    const running = work()
      .catch((error) => failures.report("semantic cache", error))
      .finally(() => background.delete(running));
    background.add(running);
  }

  async function keep(partition: string, question: string, found: Found, answer: SemanticAnswer): Promise<void> {
    if (found.vector === undefined || answer.text === "") return;
    if (!(await entries.add(partition, question, found.vector, answer))) ledger.dropped++;
  }

  async function judge(partition: string, question: string, found: Found, real: SemanticAnswer): Promise<void> {
    if (found.hit === undefined) return keep(partition, question, found, real);
    const compared = Promise.resolve(compare(found.hit.answer.text, real.text));
    ledger.compared(await withDeadline(compared, compareDeadlineMs, "semantic cache comparison", clock), real);
  }

  async function ask({ partition, text, mode: asked }: SemanticQuestion): Promise<Asked> {
    const how = isMode(asked) ? asked : mode;
    if (how === "off" || closed) return unasked;
    const key = partitionKey(partition);
    if (key === undefined || !isAskable(text, settings.maxQuestionLength)) {
      ledger.bypassed++;
      return unasked;
    }
    const { generation } = entries;
    const current = (): boolean => !closed && generation === entries.generation;
    const looking = lookup.find(key, text, how === "on");
    if (how === "shadow") {
      return {
        hit: undefined,
        learn: once((answer) =>
          behind(async () => {
            const found = await looking;
            if (current()) await judge(key, text, found, answer);
          }),
        ),
      };
    }
    const found = await looking;
    if (found.hit !== undefined) return { hit: found.hit, learn() {} };
    return {
      hit: undefined,
      learn: once((answer) =>
        behind(async () => {
          if (current()) await keep(key, text, found, answer);
        }),
      ),
    };
  }

  return {
    mode,
    ask,
    async getOrCompute(question, compute) {
      const { hit, learn } = await ask(question);
      if (hit !== undefined) return { text: hit.answer.text, hit };
      const begun = clock.monotonic();
      const computed = await compute();
      learn({ ...computed, computeMs: clock.monotonic() - begun });
      return { text: computed.text, hit: undefined };
    },
    forget: (partition) => entries.forget(partition),
    stats: () => {
      const { evictions, expirations, usage } = entries;
      return { mode, ...ledger.report(), ...usage, evictions, expirations, embeddings: embeddings.stats() };
    },
    async idle() {
      while (background.size > 0) await Promise.all(background);
    },
    close() {
      closed = true;
      sweeping.cancel();
      lookup.close();
    },
  };
}

const isAskable = (text: unknown, maxLength: number): boolean =>
  typeof text === "string" && text.length <= maxLength && text.trim() !== "";

function once(learn: (answer: SemanticAnswer) => void): (answer: SemanticAnswer) => void {
  let learnt = false;
  return (answer) => {
    if (!learnt) learn(answer);
    learnt = true;
  };
}

/** Loads the graph library when it is first wanted; until then, and where there is none, every vector is compared. */
function graphSource(onMissing: (error: unknown) => void): () => VectorGraphFactory | undefined {
  let factory: VectorGraphFactory | undefined;
  let wanted = false;
  const loaded = (made: VectorGraphFactory | undefined): void => {
    factory = made;
    if (made === undefined)
      onMissing(new Error("usearch cannot be loaded; large partitions want `npm install usearch`"));
  };
  return () => {
    if (!wanted) loadVectorGraph().then(loaded, onMissing);
    wanted = true;
    return factory;
  };
}
