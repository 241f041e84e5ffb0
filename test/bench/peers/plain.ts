import type { EngineSubject } from "./subject.ts";

const node = async (value: number): Promise<number> => value + 1;

/** The floor that ratios refer to: ten awaited functions, and ten at once. */
export const plain: EngineSubject = {
  name: "plain async functions",
  async line() {
    let value = 0;
    for (let index = 0; index < 10; index++) value = await node(value);
  },
  async fan() {
    const first = await node(0);
    const all = await Promise.all(Array.from({ length: 10 }, () => node(first)));
    await node(all.length);
  },
};
