/** The value at a path such as `http.port`. */
export function valueAt(tree: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], tree);
}
