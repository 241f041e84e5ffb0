import { ConfigurationError } from "@flyball/core";
import { attribute } from "./names.ts";
import { createRedactor, cut, longestAttribute, type Redactor, type RedactorOptions } from "./redact.ts";
import type { ContentPart } from "./types.ts";

export interface ContentOptions {
  /** Keep prompts and answers on spans and in stored traces. Default false. */
  readonly capture?: boolean;
  /** Longest kept content of one part, characters. Default 8,192, at most 16,384. */
  readonly maxLength?: number;
  /** Further patterns to take out of content and error messages. */
  readonly redact?: RedactorOptions["patterns"];
}

const longestErrorMessage = 1_000;

const attributeOf: Readonly<Record<ContentPart, string>> = {
  input: attribute.inputMessages,
  output: attribute.outputMessages,
  system: attribute.systemInstructions,
};

/** Decides what of a pipeline's texts may be kept, and how. */
export interface ContentPolicy {
  readonly capture: boolean;
  readonly redactor: Redactor;
  /** The attribute for a part and its text: serialised, redacted, cut. */
  render(part: ContentPart, value: unknown): readonly [name: string, text: string];
  errorMessage(message: string): string;
}

/** @throws ConfigurationError */
export function createContentPolicy(options: ContentOptions = {}): ContentPolicy {
  const maxLength = options.maxLength ?? 8_192;
  if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > longestAttribute) {
    throw new ConfigurationError("content.maxLength", maxLength, `an integer from 1 to ${longestAttribute}`);
  }
  const redactor = createRedactor({ patterns: options.redact ?? [] });
  return {
    capture: options.capture ?? false,
    redactor,
    render: (part, value) => [attributeOf[part], redactor.text(serialise(value), maxLength)],
    errorMessage: (message) => redactor.text(cut(message, 16_384), longestErrorMessage),
  };
}

function serialise(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? String(value);
}
