import { median } from "../../measure.ts";

/** Something whose time on the clock is wanted, because it waits for another process. */
export interface Waiting {
  readonly name: string;
  /** One operation. */
  run(index: number): unknown;
}

export interface Waited {
  readonly name: string;
  /** Microseconds an operation: the median of single ones, or of rounds divided by their operations. */
  readonly micros: number;
}

/** One at a time, interleaved in short rounds; the median over all operations. */
export async function serially(subjects: readonly Waiting[], rounds = 30, each = 60): Promise<Waited[]> {
  const samples = subjects.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [at, subject] of subjects.entries()) {
      for (let index = 0; index < each; index++) {
        const start = performance.now();
        await subject.run(index);
        if (round >= 0) samples[at]?.push(performance.now() - start);
      }
    }
  }
  return subjects.map(({ name }, at) => ({ name, micros: 1_000 * median(samples[at] as number[]) }));
}

/** `width` at a time, interleaved in rounds; the median round, by operation. */
export async function together(subjects: readonly Waiting[], width: number, rounds = 40): Promise<Waited[]> {
  const batches = 8;
  const samples = subjects.map((): number[] => []);
  for (let round = -4; round < rounds; round++) {
    for (const [at, subject] of subjects.entries()) {
      const start = performance.now();
      for (let batch = 0; batch < batches; batch++) {
        await Promise.all(Array.from({ length: width }, (_, index) => subject.run(batch * width + index)));
      }
      if (round >= 0) samples[at]?.push((performance.now() - start) / (batches * width));
    }
  }
  return subjects.map(({ name }, at) => ({ name, micros: 1_000 * median(samples[at] as number[]) }));
}
