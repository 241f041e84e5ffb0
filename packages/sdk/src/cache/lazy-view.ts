import type {
  CachedAnswer,
  CacheNamespace,
  CacheView,
  CallOptions,
  Compute,
  MaybePromise,
  Told,
  Warmed,
  WarmOptions,
} from "@flyball/cache";

/** Gives what stands behind a view: at once when it is open, as a promise while it opens. */
type Opening<View> = () => MaybePromise<View>;

/** A view of a cache that opens with its first use. Once open, it hands every call on and adds no promise of its own. */
export class LazyView implements CacheView {
  readonly #open: Opening<CacheView>;
  readonly #bypass: boolean;

  /** `bypass`: every call computes, and nothing is kept. */
  constructor(open: Opening<CacheView>, bypass: boolean) {
    this.#open = open;
    this.#bypass = bypass;
  }

  getOrCompute<T>(key: string, compute: Compute<T>, options?: CallOptions<T>): MaybePromise<T> {
    const asked = this.#bypass ? { ...options, bypass: true } : options;
    const view = this.#open();
    if (!(view instanceof Promise)) return view.getOrCompute(key, compute, asked);
    return view.then((opened) => opened.getOrCompute(key, compute, asked));
  }

  async get<T>(key: string): Promise<CachedAnswer<T> | undefined> {
    return (await this.#open()).get<T>(key);
  }

  async set<T>(...parameters: Parameters<CacheView["set"]>): Promise<void> {
    return (await this.#open()).set<T>(...(parameters as [string, T]));
  }

  async delete(...keys: string[]): Promise<Told> {
    return (await this.#open()).delete(...keys);
  }

  async invalidate(...tags: string[]): Promise<Told> {
    return (await this.#open()).invalidate(...tags);
  }

  async clear(): Promise<Told> {
    return (await this.#open()).clear();
  }

  async warm<T>(options: WarmOptions<T>): Promise<Warmed> {
    return (await this.#open()).warm(options);
  }
}

/** A namespace of such a cache, or the cache itself, with its tenants. */
export class LazyNamespace extends LazyView implements CacheNamespace {
  readonly #open: Opening<CacheNamespace>;
  readonly #bypass: boolean;

  constructor(open: Opening<CacheNamespace>, bypass: boolean) {
    super(open, bypass);
    this.#open = open;
    this.#bypass = bypass;
  }

  tenant(id: string): CacheView {
    return new LazyView(
      within(this.#open, (opened) => opened.tenant(id)),
      this.#bypass,
    );
  }
}

/** What is inside another, taken from it once. */
export function within<Outer, Inner extends object>(
  open: Opening<Outer>,
  take: (outer: Outer) => Inner,
): Opening<Inner> {
  let inner: Inner | undefined;
  const taken = (outer: Outer): Inner => {
    inner ??= take(outer);
    return inner;
  };
  return () => {
    if (inner) return inner;
    const outer = open();
    return outer instanceof Promise ? outer.then(taken) : taken(outer);
  };
}
