import { errorType, TimeoutError, toError } from "@flyball/core";
import type { OutcomeDetails, OutcomeStatus } from "@flyball/telemetry";
import type { RunEvent } from "../types.ts";
import { attribute } from "./attributes.ts";
import type { CancelScope } from "./cancel-scope.ts";
import type { Execution } from "./execution.ts";
import type { Recording } from "./recorder.ts";
import { cancelled, failed, failureOf, type Settlement } from "./settlement.ts";

/** A piece of work that has a path of its own: a node, a branch, an item, an iteration. */
export interface Piece {
  /** Low-cardinality: the same for every item of a map. */
  readonly name: string;
  readonly path: string;
  readonly iteration?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Whether it does the work itself, and so counts against the run's concurrency. */
  readonly works: boolean;
  /** Whether its failure is a result to keep (partial work), and so is not tried again by a resume. */
  readonly partial: boolean;
}

/** What the work tells about itself beside its settlement. */
export interface Tally {
  attempts: number | undefined;
  attributes: Record<string, string | number | boolean> | undefined;
}

/**
 * Everything around a piece of work: what a checkpoint has is restored, not done again; else the piece waits for its
 * slot, is recorded, its value is kept, and only then does it count as ended. `work` must not throw.
 */
export async function bracket(
  run: Execution,
  piece: Piece,
  scope: CancelScope,
  work: (recording: Recording, tally: Tally) => Promise<Settlement>,
): Promise<Settlement> {
  const restored = run.journal?.restore(piece.path);
  if (restored) {
    sendEnded(run, piece, "restored", 0);
    return restored;
  }
  const slot = piece.works ? run.limiter : undefined;
  if (slot && !(await slot.acquire(scope))) return cancelled;

  const recording = begin(run, piece);
  const startedAt = run.clock.monotonic();
  const tally: Tally = { attempts: undefined, attributes: undefined };
  let settlement = await recording.within(() => work(recording, tally));

  let value: Uint8Array | undefined;
  if (run.journal && settlement.status === "ok") {
    try {
      value = run.journal.encode(piece.path, settlement.value);
    } catch (error) {
      settlement = failed(piece.path, toError(error));
    }
  }
  slot?.release();
  recording.end(statusOf(settlement), detailsOf(settlement, tally));
  settlement = await keep(run, piece, settlement, value);
  sendEnded(run, piece, statusOf(settlement), run.clock.monotonic() - startedAt, settlement);
  return settlement;
}

async function keep(
  run: Execution,
  piece: Piece,
  settlement: Settlement,
  value: Uint8Array | undefined,
): Promise<Settlement> {
  if (!run.journal) return settlement;
  try {
    if (value) await run.journal.save(piece.path, "ok", value);
    else if (piece.partial && settlement.status === "failed") {
      await run.journal.save(piece.path, "failed", run.journal.encode(piece.path, failureOf(settlement.error)));
    }
    return settlement;
  } catch (error) {
    return failed(piece.path, toError(error));
  }
}

/** Begins a piece's operation and says so to whoever listens. */
export function begin(run: Execution, piece: Piece): Recording {
  if (run.events.heard) {
    run.events.send({ type: "node-started", path: piece.path, node: piece.name, at: run.clock.now() });
  }
  return run.recorder({
    kind: "node",
    name: piece.name,
    attributes: { [attribute.path]: piece.path },
    ...(piece.iteration === undefined ? undefined : { iteration: piece.iteration }),
    ...(piece.labels === undefined ? undefined : { labels: piece.labels }),
  });
}

type EndStatus = Extract<RunEvent, { type: "node-ended" }>["status"];

export function sendEnded(
  run: Execution,
  piece: Piece,
  status: EndStatus,
  durationMs: number,
  settlement?: Settlement,
): void {
  if (!run.events.heard) return;
  const error = settlement?.status === "failed" ? { error: settlement.error } : undefined;
  run.events.send({ type: "node-ended", path: piece.path, node: piece.name, status, durationMs, ...error });
}

export function statusOf(settlement: Settlement): OutcomeStatus {
  if (settlement.status !== "failed") return settlement.status;
  return settlement.error instanceof TimeoutError ? "timeout" : "error";
}

export function detailsOf(settlement: Settlement, tally?: Tally): OutcomeDetails {
  return {
    ...(tally?.attempts === undefined ? undefined : { attempts: tally.attempts }),
    ...(tally?.attributes === undefined ? undefined : { attributes: tally.attributes }),
    ...(settlement.status === "failed"
      ? { errorType: errorType(settlement.error), errorMessage: settlement.error.message }
      : undefined),
  };
}
