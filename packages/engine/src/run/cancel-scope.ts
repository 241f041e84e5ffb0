/**
 * A tree of things to cancel. One abort fans out through it, instead of one listener per node on one signal: with
 * hundreds of parallel nodes that costs a warning and a scan each. An AbortController is made only for who asks.
 */
export class CancelScope {
  aborted = false;
  reason: unknown = undefined;
  /** Called once, after the children's, when the scope is aborted. */
  onAbort: (() => void) | undefined = undefined;
  readonly #parent: CancelScope | undefined;
  #children: Set<CancelScope> | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(parent?: CancelScope) {
    this.#parent = parent;
  }

  /** A scope that this one's abort reaches. It must be closed when its work is over. */
  child(): CancelScope {
    const child = new CancelScope(this);
    if (this.aborted) {
      child.abort(this.reason);
      return child;
    }
    this.#children ??= new Set();
    this.#children.add(child);
    return child;
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const children = this.#children;
    this.#children = undefined;
    if (children) for (const child of children) child.abort(reason);
    this.#controller?.abort(reason);
    this.onAbort?.();
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Leaves the tree. The signal, if somebody holds it, is not aborted by this. */
  close(): void {
    if (this.#parent) this.#parent.#children?.delete(this);
    this.onAbort = undefined;
  }
}
