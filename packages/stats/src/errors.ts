/** Base of what this package throws. `code` is stable. */
export class SketchError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Two sketches of different relative errors have different bins and cannot be merged. */
export class IncompatibleSketchError extends SketchError {
  constructor(expected: number, received: number) {
    super("sketch_incompatible", `cannot merge a sketch of relative error ${received} into one of ${expected}`);
  }
}

/** Bytes are not a sketch: another version, truncated, or damaged. */
export class InvalidSketchError extends SketchError {
  constructor(reason: string) {
    super("sketch_invalid", `not an encoded sketch: ${reason}`);
  }
}
