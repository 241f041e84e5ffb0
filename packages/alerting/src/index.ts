export type { Alert, TraceExample } from "./alert.ts";
export { createAlerting } from "./alerting.ts";
export type { AlertingOptions, WatchdogOptions } from "./alerting-options.ts";
export { type Backtest, type BacktestOptions, backtest, type RuleBacktest, type WouldSend } from "./backtest.ts";
export { type AlertmanagerChannelOptions, alertmanagerChannel } from "./channels/alertmanager.ts";
export { type ConsoleChannelOptions, consoleChannel } from "./channels/console.ts";
export { type EmailChannelOptions, emailChannel } from "./channels/email.ts";
export {
  type SlackBlock,
  type SlackChannelOptions,
  type SlackMessage,
  slackChannel,
  slackMessage,
} from "./channels/slack.ts";
export type { Channel } from "./channels/types.ts";
export { signatureHeader, verifySignature, type WebhookChannelOptions, webhookChannel } from "./channels/webhook.ts";
export type { CheckOptions } from "./config/check-rules.ts";
export { parseRules } from "./config/parse-rules.ts";
export { parseRulesFile, type RulesFile, readRulesFile } from "./config/rules-file.ts";
export { type WatchRulesOptions, watchRules } from "./config/watch-rules.ts";
export { defaultRules } from "./defaults/default-rules.ts";
export { type DocumentRulesOptions, documentRules } from "./defaults/documents.ts";
export { defaultThresholds, type Thresholds } from "./defaults/thresholds.ts";
export type { RetryPolicy } from "./delivery/backoff.ts";
export type { Acknowledgement, BookedEpisode } from "./delivery/episode-book.ts";
export type { Maintenance, Weekday } from "./delivery/maintenance.ts";
export type { Notice, NoticeKind } from "./delivery/notice.ts";
export type { EntryState, News, StoredEntry } from "./delivery/outbox.ts";
export type { Route } from "./delivery/route.ts";
export type { AlertMatcher, Silence } from "./delivery/silence.ts";
export type { NewSilence } from "./delivery/silences.ts";
export { AlertingError, DeliveryError, type DeliveryErrorOptions } from "./errors.ts";
export { type AlertState, evaluate, inactive } from "./evaluate.ts";
export type { Round } from "./evaluation.ts";
export type { ExportRuleOptions } from "./export/export-rule.ts";
export {
  bucketThresholds,
  type ExportedRules,
  type ExportOptions,
  exportRules,
  type PrometheusGroup,
} from "./export/export-rules.ts";
export { alertName, type PrometheusRule } from "./export/prometheus-rule.ts";
export type { Group } from "./history/history.ts";
export type { Measure, Metric, Statistic, Unit } from "./measure.ts";
export { observeAlerting, ruleMetrics } from "./metrics.ts";
export type { AnyObjective, MeanObjective, Objective } from "./objectives/objective.ts";
export { parseObjectives } from "./objectives/parse-objectives.ts";
export { type ObjectiveReport, reportObjectives } from "./objectives/report.ts";
export { rulesOf } from "./objectives/rules-of.ts";
export { type Probe, type Probes, type ProbesOptions, probeName, startProbes } from "./probes.ts";
export type { Readings, ReadingsQuery, TraceFinder } from "./readings.ts";
export type {
  AbsenceRule,
  AnomalyRule,
  BurnRateRule,
  BurnWindow,
  ForecastRule,
  Indicator,
  Rule,
  RuleBase,
  ThresholdRule,
  Unknown,
} from "./rule.ts";
export type { Evaluation } from "./rule-set.ts";
export { alertingMigrations, alertingRetention } from "./schema.ts";
export type { Selector } from "./selector.ts";
export { type Severity, severities } from "./severity.ts";
export type { Alerting, AlertingStats } from "./types.ts";
export type { Verdict } from "./verdict.ts";
