/** Lets sockets and promises move until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (condition()) return;
    await new Promise((resolve) => (i < 200 ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
  throw new Error("the condition never held");
}
