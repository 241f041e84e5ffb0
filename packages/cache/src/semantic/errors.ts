import { CacheError } from "../errors.ts";

/** An embedding cannot be compared: empty, of another length than the first, or with something in it that is no number. */
export class EmbeddingError extends CacheError {
  constructor(what: string) {
    super("cache_embedding_invalid", `The embedding ${what}; look at the model behind \`embed\``);
  }
}
