import { WorkflowError } from "../errors.ts";
import type { Definition } from "./define.ts";
import type { Step } from "./plan.ts";

/**
 * Turns declarations into steps that know each other by index, each after what it depends on. Without `after` a node
 * comes after the one declared before it.
 * @throws WorkflowError for a name used twice, an unknown `after`, or a cycle.
 */
export function link(workflow: string, definitions: readonly Definition[]): Step[] {
  const positions = new Map<string, number>();
  for (const [position, { name }] of definitions.entries()) {
    if (positions.has(name)) throw new WorkflowError(workflow, `two nodes have the name ${JSON.stringify(name)}`);
    positions.set(name, position);
  }
  const dependencies = definitions.map((definition, position) => {
    const after = definition.after ?? (position === 0 ? [] : [definitions[position - 1]!.name]);
    return [...new Set(after)].map((name) => {
      const found = positions.get(name);
      if (found !== undefined) return found;
      throw new WorkflowError(workflow, `${definition.name} comes after ${JSON.stringify(name)}, which is no node`);
    });
  });

  const order = sort(dependencies);
  if (order.length < definitions.length) {
    const names = cycle(dependencies, new Set(order)).map((position) => definitions[position]!.name);
    throw new WorkflowError(workflow, `nodes wait for each other: ${names.join(" → ")}`);
  }
  const indexOf = new Map(order.map((position, index) => [position, index]));
  const after = order.map((position) => dependencies[position]!.map((other) => indexOf.get(other)!));
  const dependents: number[][] = order.map(() => []);
  for (const [index, others] of after.entries()) for (const other of others) dependents[other]!.push(index);
  const visible = visibility(after, dependents);

  return order.map((position, index) => {
    const { name, when, handling, work } = definitions[position]!;
    const { retry, timeoutMs, middleware, output } = handling;
    const bounded = when ?? retry ?? timeoutMs ?? output;
    return {
      index,
      name,
      work,
      when,
      handling,
      after: after[index]!,
      dependents: dependents[index]!,
      sees: visible[index]?.map((other) => definitions[order[other]!]!.name),
      plain: work.kind === "node" && bounded === undefined && middleware.length === 0,
    };
  });
}

/** Positions in an order that respects dependencies, and else the declaration's; those on a cycle are left out. */
function sort(dependencies: readonly (readonly number[])[]): number[] {
  const waitsFor = dependencies.map((others) => others.length);
  const dependents: number[][] = dependencies.map(() => []);
  for (const [position, others] of dependencies.entries())
    for (const other of others) dependents[other]!.push(position);
  const order = waitsFor.flatMap((count, position) => (count === 0 ? [position] : []));
  for (const position of order) {
    for (const dependent of dependents[position]!) if (--waitsFor[dependent]! === 0) order.push(dependent);
  }
  return order;
}

/** One cycle among what could not be sorted, from a node back to itself. */
function cycle(dependencies: readonly (readonly number[])[], sorted: ReadonlySet<number>): number[] {
  const path: number[] = [];
  let at = dependencies.findIndex((_, position) => !sorted.has(position));
  while (!path.includes(at)) {
    path.push(at);
    // What is not sorted depends on something that is not either; else it would be.
    at = dependencies[at]!.find((other) => !sorted.has(other))!;
  }
  return [...path.slice(path.indexOf(at)), at].reverse();
}

/**
 * By step: the steps it comes after, or undefined when it can meet no others' fields because every other step comes
 * either before or after it.
 */
function visibility(
  after: readonly (readonly number[])[],
  dependents: readonly (readonly number[])[],
): (number[] | undefined)[] {
  const indices = after.map((_, index) => index);
  const before = reach(after, indices);
  const behind = reach(dependents, indices.toReversed());
  return indices.map((index) => {
    const related = size(before[index]!) + size(behind[index]!) + 1;
    return related === after.length ? undefined : indices.filter((other) => has(before[index]!, other));
  });
}

/** By step: all that can be reached over `edges`, as bits. `order` comes to a step after those its edges lead to. */
function reach(edges: readonly (readonly number[])[], order: readonly number[]): Uint32Array[] {
  const words = Math.ceil(edges.length / 32);
  const reached = edges.map(() => new Uint32Array(words));
  for (const index of order) {
    const set = reached[index]!;
    for (const other of edges[index]!) {
      const theirs = reached[other]!;
      for (let word = 0; word < words; word++) set[word]! |= theirs[word]!;
      set[other >>> 5]! |= 1 << (other & 31);
    }
  }
  return reached;
}

function has(set: Uint32Array, index: number): boolean {
  return ((set[index >>> 5]! >>> (index & 31)) & 1) === 1;
}

function size(set: Uint32Array): number {
  let bits = 0;
  for (let word of set) for (; word !== 0; word &= word - 1) bits++;
  return bits;
}
