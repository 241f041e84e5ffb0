import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FlyballHome, flyballHome } from "./flyball.ts";

let home: FlyballHome;
beforeAll(() => {
  home = flyballHome();
});
afterAll(() => home.remove());

const ask = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "clerk", max_tokens: 8, messages: [{ role: "user", content: "hello" }] }),
  });

test("models serve answers as OpenAI does, asks for its token, and its calls show in flyball metrics", async () => {
  const serving = home.start(
    ["models", "serve", "--name", "clerk", "--port", "0", "--threads", "1", "--token", "CLERK"],
    {
      environment: { CLERK: "let-me-in" },
    },
  );
  const [, url = ""] = await serving.says(/clerk at (http:\S+)\/v1/);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect((await ask(url)).status).toBe(401);
  const answer = (await (await ask(url, { authorization: "Bearer let-me-in" })).json()) as { choices: unknown[] };
  expect(answer.choices).toHaveLength(1);
  serving.child.kill("SIGINT");
  expect((await serving.ended).status).toBe(0);
  const { rows } = JSON.parse((await home.run(["metrics", "--json", "--by", "model"])).stdout);
  expect(rows).toEqual([expect.objectContaining({ name: "clerk", count: 1, errors: 0 })]);
});

test("models serve refuses a broken file before it listens", async () => {
  const broken = join(home.folder, "broken.gguf");
  writeFileSync(broken, "GGUF and nothing that follows");
  truncateSync(broken, 10);
  const { status, stderr } = await home.run(["models", "serve", "--gguf", broken, "--port", "0"]);
  expect(status).toBe(1);
  expect(stderr).toContain("broken.gguf");
  expect(stderr).not.toMatch(/^ +at /m);
});

test("models emulate serves a profile and says what it did", async () => {
  const emulating = home.start([
    "models",
    "emulate",
    "--profile",
    "fir",
    "--seed",
    "3",
    "--time-scale",
    "0.01",
    "--port",
    "0",
  ]);
  const [, url = ""] = await emulating.says(/fir at (http:\S+)\/v1/);
  const response = await ask(url);
  expect(response.status).toBe(200);
  expect(response.headers.get("x-emulator-time-scale")).toBe("0.01");
  emulating.child.kill("SIGINT");
  const { status, stdout } = await emulating.ended;
  expect(status).toBe(0);
  expect(stdout).toContain('"requests": 1');
});
