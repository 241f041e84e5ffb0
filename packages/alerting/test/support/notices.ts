import type { Alert, Notice } from "../../src/index.ts";

export const alert: Alert = {
  fingerprint: "0123456789abcdef",
  name: "run-latency",
  status: "firing",
  severity: "critical",
  labels: { workflow: "fir" },
  summary: "Runs are slow.",
  text: "p95 of duration of run fir 41 s over 15 min (212 outcomes); alerts above 30 s",
  rule: "run-latency",
  firedAt: Date.UTC(2026, 0, 1, 3, 4),
  runbook: "https://runbooks.example/run-latency",
  trace: {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    why: "slowest",
    durationMs: 47_300,
    url: "https://traces.example/4bf92f3577b34da6a3ce929d0e0e4736",
  },
};

export const firing: Notice = {
  id: "0123456789abcdef/1/firing",
  kind: "firing",
  severity: "critical",
  at: alert.firedAt + 5_000,
  alerts: [alert],
  possibleRepeat: false,
};

export const resolved: Notice = {
  ...firing,
  id: "0123456789abcdef/1/resolved",
  kind: "resolved",
  alerts: [{ ...alert, status: "resolved", endedAt: alert.firedAt + 20 * 60_000 }],
};

/** As many alerts as a message may have, each with more text than fits, and with what means something to receivers. */
export function oversized(count: number): Notice {
  const hostile = `<!channel> & *bold* \`code\` "quotes" \u0000 日本 🚒 </p><script>alert(1)</script> ${"x".repeat(5_000)}`;
  const alerts = Array.from({ length: count }, (_, index) => ({
    ...alert,
    fingerprint: String(index).padStart(16, "0"),
    labels: { workflow: `fir-${index}` },
    summary: hostile,
    text: hostile,
  }));
  return { ...firing, id: "oversized", alerts };
}
