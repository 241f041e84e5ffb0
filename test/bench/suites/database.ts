import { createCache } from "@flyball/cache";
import {
  applyIndexes,
  batchLoader,
  createCachedQueries,
  createPostgresPool,
  declareIndexes,
  inList,
} from "@flyball/database";
import { createTelemetry } from "@flyball/telemetry";
import pg from "pg";
import { distant } from "../../services/distant.ts";
import { findExecutable } from "../../services/executable.ts";
import { type PostgresService, startPostgres } from "../../services/postgres.ts";
import { median } from "../measure.ts";
import type { Figure, SuiteResult } from "../report.ts";

/** One way to do a thing and the other, timed in turn. */
interface Pair {
  readonly name: string;
  readonly off: () => Promise<unknown>;
  readonly on: () => Promise<unknown>;
  /** What the reference measured, on ÷ off, where it is a promise here too. */
  readonly atMost?: number;
}

const rounds = 9;
const inRow = 5;
/** A database in the same region but not on the same machine: a tenth of the reference's distance. */
const oneWayMs = 2.5;
const rowCount = 200_000;

/** Mean milliseconds of a few in a row: single ones of some microseconds are lost in the noise. */
async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  for (let count = 0; count < inRow; count++) await work();
  return (performance.now() - before) / inRow;
}

// Interleaved, so that a noisy neighbour disturbs both alike; the clock and not CPU time, for most of it is waiting.
async function compare({ name, off, on, atMost }: Pair): Promise<Figure[]> {
  const times = { off: [] as number[], on: [] as number[] };
  for (let count = 0; count < 20; count++) await on();
  await off();
  for (let round = 0; round < rounds; round++) {
    times.off.push(await milliseconds(off));
    times.on.push(await milliseconds(on));
  }
  const [before, after] = [median(times.off), median(times.on)];
  const note = `${before.toPrecision(3)} → ${after.toPrecision(3)} ms`;
  return [{ name, value: after / before, unit: "×", note, ...(atMost === undefined ? {} : { atMost }) }];
}

interface Row {
  readonly id: number;
  readonly company_id: number;
}

/** The four of D3 over a server at `port`. */
async function work(service: PostgresService, port: number): Promise<Figure[]> {
  const { host, user, database } = service;
  const pool = createPostgresPool({ host, port, user, database, telemetry: createTelemetry() });
  const raw = new pg.Pool({ host, port, user, database });
  const cache = createCache();
  const cached = createCachedQueries({ database: pool, cache });
  const byId = batchLoader({
    name: "analyses",
    load: (queryable, ids: readonly number[]) => {
      const { sql, value } = inList(queryable.engine, "id", ids);
      return queryable.read<Row>(`SELECT id, company_id FROM analyses WHERE ${sql}`, [value]);
    },
    keyOf: (row) => row.id,
  });
  const one = "SELECT id, company_id FROM analyses WHERE id = $1";
  const latest = "SELECT id FROM analyses WHERE company_id = $1 ORDER BY created_at DESC LIMIT 20";
  const unindexed = latest.replace("analyses", "analyses_unindexed");
  const id = (): number => 1 + Math.floor(Math.random() * rowCount);
  const ids = (): number[] => Array.from({ length: 100 }, id);

  async function connectAndRead(): Promise<void> {
    const client = new pg.Client({ host, port, user, database });
    await client.connect();
    await client.query(one, [id()]);
    await client.end();
  }
  async function oneByOne(): Promise<void> {
    for (const next of ids()) await pool.read(one, [next]);
  }

  // What the reference saved there is distance; next door, statements cost more than the way to them.
  const promised = (atMost: number): { atMost?: number } => (port === service.port ? {} : { atMost });
  const pairs: readonly Pair[] = [
    {
      name: "one read: a connection of its own → pooled",
      off: connectAndRead,
      on: () => pool.read(one, [id()]),
      atMost: 45 / 80,
    },
    {
      name: "one read: pg's own pool → this one, measured",
      off: () => raw.query(one, [id()]),
      on: () => pool.read(one, [id()]),
    },
    {
      name: "100 reads: one by one → batched",
      off: oneByOne,
      on: () => byId.scope(pool).loadMany(ids()),
      ...promised(120 / 5_000),
    },
    {
      name: "a query: asked → cached",
      off: () => pool.read(latest, [7]),
      on: () => cached.read(latest, [7], { tags: ["analyses"] }),
      ...promised(5 / 80),
    },
    {
      name: "latest of a company: scan → index",
      off: () => pool.read(unindexed, [7]),
      on: () => pool.read(latest, [7]),
      atMost: 120 / 500,
    },
  ];
  try {
    const figures: Figure[] = [];
    for (const pair of pairs) figures.push(...(await compare(pair)));
    return figures;
  } finally {
    await Promise.all([pool.close(), raw.end(), cache.close()]);
  }
}

async function fill(service: PostgresService): Promise<void> {
  const { host, port, user, database } = service;
  const pool = createPostgresPool({ host, port, user, database, timeoutMs: 60_000 });
  for (const table of ["analyses", "analyses_unindexed"]) {
    await pool.write(`CREATE TABLE ${table}(id INT PRIMARY KEY, company_id INT, created_at TIMESTAMPTZ)`);
    await pool.write(
      `INSERT INTO ${table} SELECT i, i % 1000, now() - i * interval '1 second' FROM generate_series(1, ${rowCount}) i`,
    );
  }
  await applyIndexes(
    pool,
    declareIndexes([{ table: "analyses", columns: ["company_id", { column: "created_at", order: "desc" }] }]),
  );
  await pool.write("ANALYZE");
  await pool.close();
}

/** D3's figures, without and with, on a real PostgreSQL: on this machine, and some way off. */
export async function suite(): Promise<SuiteResult[]> {
  if (!findExecutable("postgres")) {
    process.stderr.write("\ndatabase: postgresql is not installed; not measured\n");
    return [];
  }
  const service = await startPostgres();
  const away = await distant(service.port, oneWayMs);
  try {
    await fill(service);
    return [
      { suite: "database, PostgreSQL on this machine (on ÷ off)", figures: await work(service, service.port) },
      { suite: `database, PostgreSQL ${2 * oneWayMs} ms away (on ÷ off)`, figures: await work(service, away.port) },
    ];
  } finally {
    await service.stop();
    await away.stop();
  }
}
