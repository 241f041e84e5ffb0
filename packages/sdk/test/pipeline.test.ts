import { ConfigurationError } from "@flyball/core";
import { workflow } from "@flyball/engine";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import type { Flyball } from "../src/flyball.ts";
import { definePipeline, isPipeline, readyPipeline } from "../src/pipeline/define.ts";
import { pipelineOptions } from "../src/pipeline/options.ts";

const options = z.strictObject({
  count: z.int().min(1).default(3),
  fast: z.boolean().default(false),
  model: z.enum(["tiny", "large"]).default("tiny"),
  title: z.string().optional(),
});

describe("defining a pipeline", () => {
  test("types follow from the workflow and the options", async () => {
    const pipeline = definePipeline({
      name: "demo",
      description: "Counts words.",
      options,
      setup(_flyball, values) {
        expectTypeOf(values.count).toBeNumber();
        const words = workflow<{ text: string }>("words")
          .node("count", ({ input }) => input.text.split(" ").length)
          .build({ output: ({ count }) => count });
        return readyPipeline({
          workflow: words,
          async *inputs() {
            yield { id: "1", input: { text: "one two" } };
          },
          present(result) {
            if (result.status !== "completed") return undefined;
            expectTypeOf(result.output).toBeNumber();
            expectTypeOf(result.state.count).toBeNumber();
            return `${result.output}`;
          },
        });
      },
    });
    expect(isPipeline(pipeline)).toBe(true);
    expect(isPipeline({ name: "demo", setup() {} })).toBe(false);
    const ready = await pipeline.setup({} as Flyball, options.parse({}));
    expectTypeOf(ready.inputs).returns.toExtend<AsyncIterable<{ id: string; input: { text: string } }>>();

    definePipeline({
      name: "wrong",
      description: "Its inputs do not fit its workflow.",
      setup: () => ({
        workflow: workflow<{ text: string }>("words")
          .node("echo", ({ input }) => input.text)
          .build(),
        // @ts-expect-error the workflow reads a text
        async *inputs() {
          yield { id: "1", input: { text: 1 } };
        },
      }),
    });
  });
});

describe("--set", () => {
  test("reads each value as the schema wants it, and fills in defaults", () => {
    expect(pipelineOptions(options, ["count=5", "fast=yes", "title=12=13"])).toEqual({
      count: 5,
      fast: true,
      model: "tiny",
      title: "12=13",
    });
    expect(pipelineOptions(undefined, [])).toEqual({});
  });

  test.each([
    ["coutn=5", "the nearest is count"],
    ["count=many", "whole number from 1 up"],
    ["count=0", "whole number from 1 up"],
    ["fast=perhaps", "true or false"],
    ["model=huge", "one of tiny, large"],
    ["toString=1", "no such option"],
    ["count", "key=value"],
  ])("%s is refused", (text, expected) => {
    expect(() => pipelineOptions(options, [text])).toThrow(ConfigurationError);
    expect(() => pipelineOptions(options, [text])).toThrow(expected);
  });

  test("a pipeline without options says so", () => {
    expect(() => pipelineOptions(undefined, ["a=1"])).toThrow("this pipeline has none");
  });
});
