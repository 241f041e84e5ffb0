import type { Definition } from "./define.ts";
import { WorkflowError } from "./errors.ts";
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
  const visible = visibility(after);

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
function visibility(after: readonly (readonly number[])[]): (number[] | undefined)[] {
  const words = Math.ceil(after.length / 32);
  const ancestors = after.map(() => new Uint32Array(words));
  const before = after.map(() => 0);
  const behind = after.map(() => 0);
  const listed = after.map((others, index) => {
    const set = ancestors[index]!;
    for (const other of others) {
      const theirs = ancestors[other]!;
      for (let word = 0; word < words; word++) set[word]! |= theirs[word]!;
      set[other >>> 5]! |= 1 << (other & 31);
    }
    const list: number[] = [];
    for (let other = 0; other < index; other++) {
      if ((set[other >>> 5]! >>> (other & 31)) & 1) {
        list.push(other);
        behind[other]!++;
      }
    }
    before[index] = list.length;
    return list;
  });
  return listed.map((list, index) => (before[index]! + behind[index]! + 1 === after.length ? undefined : list));
}
