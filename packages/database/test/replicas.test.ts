import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type PostgresService, startPostgres } from "../../../test/services/postgres.ts";
import { createReplicatedPool, type Pool, type ReplicatedPool, type ReplicatedPoolOptions } from "../src/index.ts";
import { optionsOf, poolOf } from "./fixtures/postgres.ts";
import { rejection, until } from "./fixtures/until.ts";

describe.skipIf(!available("postgres"))("a primary with streaming replicas", () => {
  let primary: PostgresService;
  let first: PostgresService;
  let second: PostgresService;
  let direct: Pool;
  /** The replicas' own doors, to make them lag. */
  let controls: Pool[] = [];
  const open: ReplicatedPool[] = [];

  beforeAll(async () => {
    primary = await startPostgres();
    direct = poolOf(primary);
    await direct.write("CREATE TABLE items(id INT PRIMARY KEY)");
    [first, second] = await Promise.all([primary.startReplica(), primary.startReplica()]);
    controls = [first, second].map((service) => poolOf(service));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((database) => database.close()));
    await direct.write("DELETE FROM items");
  });
  afterAll(async () => {
    await Promise.allSettled([direct, ...controls].map((pool) => pool?.close()));
    await primary?.stop();
  });

  /** Which server answers: replicas are in recovery, on a port of their own. */
  const whoSql = "SELECT inet_server_port() AS port, (SELECT count(*)::int FROM items) AS items";
  interface Who {
    readonly port: number;
    readonly items: number;
  }
  const isReplica = ({ port }: Who): boolean => port === first.port || port === second.port;

  async function start(options: Partial<ReplicatedPoolOptions> = {}): Promise<ReplicatedPool> {
    const fast = { acquireTimeoutMs: 300, graceMs: 100 };
    const database = createReplicatedPool({
      primary: { ...optionsOf(primary), ...fast },
      replicas: [first, second].map((service) => ({ ...optionsOf(service), ...fast })),
      probeMs: 50,
      probeTimeoutMs: 300,
      ...options,
    });
    open.push(database);
    await database.probe();
    return database;
  }
  async function replay(running: boolean): Promise<void> {
    const sql = `SELECT pg_wal_replay_${running ? "resume" : "pause"}()::text AS done`;
    await Promise.all(controls.map((control) => control.read(sql)));
    // A pause is asked for first and in force a moment later.
    const state = running ? "not paused" : "paused";
    for (const control of controls) {
      await until(async () => {
        const [row] = await control.read<{ state: string }>("SELECT pg_get_wal_replay_pause_state() AS state");
        return row?.state === state;
      });
    }
  }
  async function who(from: Pick<Pool, "read">): Promise<Who> {
    const [row] = await from.read<Who>(whoSql);
    return row as Who;
  }

  test("writes go to the primary and reads to the replicas in turn", async () => {
    const database = await start();
    const ports = new Set<number>();
    for (let round = 0; round < 6; round++) ports.add((await who(database)).port);
    expect(ports).toEqual(new Set([first.port, second.port]));
    const { rows } = await database.write<{ port: number }>("SELECT inet_server_port() AS port");
    expect(rows).toEqual([{ port: primary.port }]);
    const fresh = await database.read<{ port: number }>(whoSql, [], { fresh: true });
    expect(fresh[0]?.port).toBe(primary.port);
    const streamed: number[] = [];
    for await (const { port } of database.stream<Who>(whoSql)) streamed.push(port);
    expect([first.port, second.port]).toContain(streamed[0]);
    const refused = await rejection(controls[0]?.write("INSERT INTO items VALUES (1)") as Promise<unknown>);
    expect(refused).toMatchObject({ code: "database_read_only" });
  });

  test("a session reads its own writes while the replicas lag, and from a replica once they caught up", async () => {
    const database = await start();
    await until(async () => (await who(database)).items === 0);
    await replay(false);
    try {
      const session = database.session();
      expect(isReplica(await who(session))).toBe(true);
      await session.write("INSERT INTO items VALUES (1)");
      expect(await who(session)).toEqual({ port: primary.port, items: 1 });
      await session.transaction((transaction) => transaction.write("INSERT INTO items VALUES (2)"));
      expect(await who(session)).toEqual({ port: primary.port, items: 2 });
      // Others are not kept from the replicas by it.
      const other = await who(database.session());
      expect([isReplica(other), other.items]).toEqual([true, 0]);
      // The user's next request, perhaps in another process.
      const position = await session.position();
      expect(position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
      expect(await who(database.session(position))).toEqual({ port: primary.port, items: 2 });
      await replay(true);
      await until(async () => isReplica(await who(session)));
      expect((await who(session)).items).toBe(2);
      expect((await who(database.session(position))).items).toBe(2);
    } finally {
      await replay(true);
    }
  });

  test("a session never misses a write of its own, however often it writes and reads", async () => {
    const database = await start();
    const sessions = Array.from({ length: 8 }, (_, user) => ({ user, session: database.session() }));
    let fromReplica = 0;
    await Promise.all(
      sessions.map(async ({ user, session }) => {
        for (let id = 0; id < 12; id++) {
          await session.write("INSERT INTO items VALUES ($1)", [user * 100 + id]);
          const sql = "SELECT inet_server_port() AS port, count(*)::int AS items FROM items WHERE id / 100 = $1";
          for (let again = 0; again < 2; again++) {
            const [row] = await session.read<Who>(sql, [user]);
            expect(row?.items).toBe(id + 1);
            if (row && isReplica(row)) fromReplica++;
          }
        }
      }),
    );
    expect(fromReplica).toBeGreaterThan(0);
  });

  test("a position that no replica reaches is answered by the primary", async () => {
    const database = await start({ probeMs: 60_000 });
    const session = database.session();
    await session.write("INSERT INTO items VALUES (1)");
    // A position from the future, as after a primary was restored from a backup: no replica ever gets there.
    expect(await who(database.session("FFFFFFFF/0"))).toEqual({ port: primary.port, items: 1 });
    expect(() => database.session("nonsense")).toThrow("session.after");
  });

  test("a replica whose data is older than allowed is not read from", async () => {
    const database = await start({ maxLagMs: 100 });
    await replay(false);
    try {
      await database.write("INSERT INTO items VALUES (1)");
      await until(async () => (await who(database)).port === primary.port);
      expect(database.replicas().every(({ up, lagMs }) => up && (lagMs ?? 0) > 100)).toBe(true);
    } finally {
      await replay(true);
    }
    await until(async () => isReplica(await who(database)));
  });

  test("a replica that is killed is left to the others, probed again, and used again", async () => {
    const database = await start();
    await first.kill();
    try {
      for (let round = 0; round < 6; round++) expect((await who(database)).port).not.toBe(first.port);
      await until(() => database.replicas()[0]?.up === false);
      expect(database.replicas()[1]?.up).toBe(true);
    } finally {
      await first.restart();
    }
    await until(async () => (await who(database)).port === first.port);
  });

  test("reads under way on a replica that hangs are answered by the primary", async () => {
    const database = await start();
    await Promise.all([1, 2, 3, 4].map(() => who(database)));
    first.hang();
    second.hang();
    try {
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => who(database)));
      expect(new Set(answers.map(({ port }) => port))).toEqual(new Set([primary.port]));
      await until(() => database.replicas().every(({ up }) => !up));
      expect((await who(database)).port).toBe(primary.port);
    } finally {
      first.wake();
      second.wake();
    }
    await until(async () => isReplica(await who(database)));
  });

  test("a replica that has much to do is not taken for a dead one", async () => {
    const options = { ...optionsOf(first), most: 1, acquireTimeoutMs: 100 };
    const database = await start({ replicas: [options], probeTimeoutMs: 200 });
    const controller = new AbortController();
    const busy = rejection(database.read("SELECT pg_sleep(600)", [], { signal: controller.signal }));
    // Its only connection is taken: this one is answered by the primary, and the replica stays up all the while.
    expect((await who(database)).port).toBe(primary.port);
    for (let round = 0; round < 5; round++) await database.probe();
    expect(database.replicas()[0]?.up).toBe(true);
    controller.abort();
    expect(await busy).toMatchObject({ code: "cancelled" });
    await until(async () => (await who(database)).port === first.port);
  });

  test("the caller's own deadline and signal hold on a replica too", async () => {
    const database = await start();
    const controller = new AbortController();
    const refused = rejection(database.read("SELECT pg_sleep(600)", [], { signal: controller.signal }));
    controller.abort();
    expect(await refused).toMatchObject({ code: "cancelled" });
    const late = rejection(database.read("SELECT pg_sleep(600)", [], { timeoutMs: 50 }));
    expect(await late).toMatchObject({ code: "timeout" });
    expect(database.replicas().every(({ up }) => up)).toBe(true);
  });

  test("an error of the statement is the caller's, and no reason to ask somebody else", async () => {
    const database = await start();
    expect(await rejection(database.read("SELECT * FROM nowhere"))).toMatchObject({ code: "database_refused" });
    expect(database.replicas().every(({ up }) => up)).toBe(true);
  });

  test("a server that is no replica is never read from", async () => {
    const database = createReplicatedPool({
      primary: optionsOf(primary),
      replicas: [{ ...optionsOf(primary), name: "not-a-replica" }],
    });
    open.push(database);
    await database.probe();
    expect(database.replicas()).toEqual([{ name: "not-a-replica", up: false, lagMs: undefined }]);
    expect((await who(database)).port).toBe(primary.port);
  });
});

test("options that cannot be are refused, naming the option", () => {
  const primary = { host: "127.0.0.1" };
  expect(() => createReplicatedPool({ primary, replicas: [], probeMs: 1 })).toThrow("database.probeMs");
  expect(() => createReplicatedPool({ primary, replicas: [{}] })).toThrow("database: expected a `url` or a `host`");
});
