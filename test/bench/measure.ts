/** Something whose CPU time per call is wanted. */
export interface Subject {
  readonly name: string;
  /** Does the work `times` times. Owning the loop keeps the harness's own cost out of fast subjects. */
  run(times: number): Promise<void> | void;
}

export interface Measured {
  readonly name: string;
  /** CPU microseconds (user and system, all threads of the process) per call: the median of the rounds. */
  readonly cpuMicros: number;
  /** The fastest round; far below the median, it says that the machine was busy. */
  readonly bestMicros: number;
  /** Against the first subject. */
  readonly ratio: number;
}

const roundMicros = 60_000;

/**
 * Measures subjects side by side: rounds are interleaved, so that a noisy neighbour disturbs all alike, and CPU time
 * is read instead of the clock, so that waiting for a core does not count.
 */
export async function measure(subjects: readonly Subject[], rounds = 9): Promise<Measured[]> {
  const times = new Map<Subject, number>();
  for (const subject of subjects) times.set(subject, await calibrate(subject));
  const samples = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const count = times.get(subject) as number;
      samples.get(subject)?.push((await cpuOf(subject, count)) / count);
    }
  }
  const medians = subjects.map((subject) => median(samples.get(subject) as number[]));
  return subjects.map((subject, index) => ({
    name: subject.name,
    cpuMicros: medians[index] as number,
    bestMicros: Math.min(...(samples.get(subject) as number[])),
    ratio: (medians[index] as number) / (medians[0] as number),
  }));
}

/** Warms a subject up until the JIT has seen it, and finds how many calls fill a round. */
async function calibrate(subject: Subject): Promise<number> {
  let count = 1;
  for (let spent = 0; ; count *= 2) {
    spent = await cpuOf(subject, count);
    if (spent > roundMicros / 2 || count >= 2 ** 24) break;
  }
  await cpuOf(subject, count);
  return count;
}

async function cpuOf(subject: Subject, count: number): Promise<number> {
  const before = process.cpuUsage();
  await subject.run(count);
  const used = process.cpuUsage(before);
  return used.user + used.system;
}

/** The middle value; the mean of the two middle ones for an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
