import { describe, expect, it } from "vitest";
import { workflow } from "../src/index.ts";

describe("a graph as mermaid", () => {
  it("draws nodes, edges, conditions, approvals, loops, branches and nested workflows", () => {
    const review = workflow<string>("review")
      .node("check", (state) => state.input)
      .approval("sign", { show: (state) => state.check })
      .build();
    const graph = workflow<string>("report")
      .node("summary", (state) => state.input)
      .approval("approve summary", { show: (state) => state.summary })
      .map("checks", { items: () => ["a"] }, (item) => item)
      .map("reviews", { after: ["summary"], items: () => ["a"] }, review)
      .parallel("agents", { after: ["checks", "reviews"] }, { research: () => 1, market: review as never })
      .route("skip?", { choose: () => "no", when: () => true }, { no: () => 1, 'yes "of course"': () => 2 } as never)
      .refine("narrative", { attempt: () => 1, score: () => 1, threshold: 1, maxIterations: 3 })
      .build();
    expect(graph.mermaid()).toBe(`flowchart TD
  n1["summary"]
  n2{{"approve summary"}}
  subgraph n3["reviews, each item"]
    n4["check"]
    n5{{"sign"}}
    n4 --> n5
  end
  n6[["checks, each item"]]
  subgraph n7["agents"]
    n8["research"]
    subgraph n9["market"]
      n10["check"]
      n11{{"sign"}}
      n10 --> n11
    end
  end
  subgraph n12["skip?, one of"]
    n13["no"]
    n14["yes #quot;of course#quot;"]
  end
  n15(["narrative, at most 3 times"])
  n1 --> n2
  n1 --> n3
  n2 --> n6
  n6 --> n7
  n3 --> n7
  n7 -.-> n12
  n12 --> n15
`);
  });
});
