import { type KeyScope, memoryKey, memoryPrefix, storageKey, storagePrefix } from "./key.ts";

/** Where the keys of a cache, a namespace or a tenant live, and by which names they are invalidated. */
export class Scope {
  readonly cache: string;
  readonly at: KeyScope;
  readonly memoryPrefix: string;
  readonly storagePrefix: string;
  /** From the widest to this one: what empties any of them empties this one. */
  readonly names: readonly string[];
  readonly #nonce: string;

  constructor(cache: string, nonce: string, at: KeyScope = { namespace: "", tenant: "" }) {
    this.cache = cache;
    this.at = at;
    this.#nonce = nonce;
    this.memoryPrefix = memoryPrefix(at, nonce);
    this.storagePrefix = storagePrefix(cache, at.namespace);
    const names = ["all"];
    if (at.namespace !== "") names.push(`namespace:${at.namespace}`);
    if (at.tenant !== "") names.push(`tenant:${at.namespace}:${at.tenant}`);
    this.names = names;
  }

  get name(): string {
    return this.names.at(-1) as string;
  }

  within(at: Partial<KeyScope>): Scope {
    return new Scope(this.cache, this.#nonce, { ...this.at, ...at });
  }

  /** Tags of one tenant say nothing about another's. */
  tagNames(tags: readonly string[]): string[] {
    return tags.map((tag) => `tag:${this.at.namespace}:${this.at.tenant}:${tag}`);
  }

  /** @throws CacheKeyError */
  address(key: string): Address {
    return new Address(this, key);
  }
}

/** One key in one scope. */
export class Address {
  readonly scope: Scope;
  readonly memoryKey: string;
  readonly #key: string;
  #storageKey: string | undefined;

  constructor(scope: Scope, key: string) {
    this.scope = scope;
    this.#key = key;
    this.memoryKey = memoryKey(scope.memoryPrefix, key);
  }

  /** Hashed when it is first needed: a cache in memory alone never does. */
  get storageKey(): string {
    this.#storageKey ??= storageKey(this.scope.cache, this.scope.at, this.#key);
    return this.#storageKey;
  }
}
