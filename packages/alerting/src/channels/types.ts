import type { Notice } from "../delivery/notice.ts";

/** Somewhere notices are sent. */
export interface Channel {
  /** Unique among the channels of a configuration; routes name it. */
  readonly name: string;
  /** Least time between two messages, milliseconds. Default 0. */
  readonly paceMs?: number;
  /** Most alerts in one message. Default 20. */
  readonly maxAlerts?: number;
  /**
   * Resolves when the receiver has taken the notice. Rejects with a DeliveryError that says whether trying again can
   * help and when; any other error is tried again. Must end when the signal aborts.
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}
