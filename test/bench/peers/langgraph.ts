import { Annotation, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import type { EngineSubject } from "./subject.ts";

const State = Annotation.Root({
  value: Annotation<number>({ reducer: (_before, after) => after, default: () => 0 }),
});
const step = async (state: { value: number }): Promise<{ value: number }> => ({ value: state.value + 1 });

function build(shape: "line" | "fan") {
  // biome-ignore lint/suspicious/noExplicitAny: the builder's type changes with every node added in a loop
  const graph = new StateGraph(State) as any;
  if (shape === "line") {
    for (let index = 0; index < 10; index++) {
      graph.addNode(`n${index}`, step);
      graph.addEdge(index === 0 ? START : `n${index - 1}`, `n${index}`);
    }
    graph.addEdge("n9", END);
    return graph;
  }
  graph.addNode("first", step).addNode("join", step).addEdge(START, "first").addEdge("join", END);
  const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
  for (const name of names) graph.addNode(name, step).addEdge("first", name);
  graph.addEdge(names, "join");
  return graph;
}

let thread = 0;
function subject(name: string, remembers: boolean): EngineSubject {
  const options = remembers ? { checkpointer: new MemorySaver() } : {};
  const line = build("line").compile(options);
  const fan = build("fan").compile(options);
  const config = (): object => ({ configurable: { thread_id: String(thread++) }, recursionLimit: 50 });
  return { name, line: () => line.invoke({ value: 0 }, config()), fan: () => fan.invoke({ value: 0 }, config()) };
}

export const langgraph: EngineSubject = subject("LangGraph.js", false);
export const langgraphWithMemory: EngineSubject = subject("LangGraph.js, MemorySaver", true);
