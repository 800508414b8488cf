/**
 * The series of the alert receiver, and how they are assigned to the Falco that sent the alerts. They
 * have no series before the first alert, and none at all while the receiver is off.
 */
import { increaseFromZero } from './templates';
import { type Need } from './types';

export const received = 'falco_alerts_received_total';
export const deliveryBuckets = 'falco_alert_delivery_seconds_bucket';
export const deliveryCount = 'falco_alert_delivery_seconds_count';
export const onTime = 'falco_alerts_on_time_total';
export const duplicates = 'falco_alert_duplicates_total';
export const minimumDelay = 'falco_alert_minimum_delay_seconds';
export const canaryArrival = 'falco_canary_last_arrival_timestamp_seconds';
export const canaryDelivery = 'falco_canary_delivery_seconds';

/** Written from the settings, without a node. Their labels are those of Falco's rule counters. */
export const canaryPeriod = 'falco_alert_receiver_canary_period_seconds';
export const receiverStart = 'falco_alert_receiver_start_timestamp_seconds';
/** One series for every priority that receiver.minimumPriority lets through. */
export const expectedPriority = 'falco_alert_receiver_expected_priority';
/** One series for every rule of receiver.rules; none if all rules are sent. */
export const expectedRule = 'falco_alert_receiver_expected_rule';

/** Series of a node, also those that no signal reads. pkg/receiver/metrics.go has the same names; a test compares them. */
export const receivedMetrics = [
  received,
  deliveryBuckets,
  deliveryCount,
  'falco_alert_delivery_seconds_sum',
  onTime,
  duplicates,
  minimumDelay,
  'falco_alert_future_timestamps_total',
  'falco_alert_out_of_order_total',
  'falco_alert_last_timestamp_seconds',
  canaryArrival,
  canaryDelivery,
];

/** Series without a node. */
export const ownMetrics = [
  canaryPeriod,
  receiverStart,
  expectedPriority,
  expectedRule,
  'falco_alert_receiver_accepted_requests_total',
  'falco_alert_receiver_refused_requests_total',
  'falco_alert_receiver_uncounted_alerts_total',
];

/** The rule of the alert that has Falco's metrics, and the series that its numbers become. */
export const metricsSnapshot = 'Falco internal: metrics snapshot';
export const userspaceEvents = 'falcosecurity_falco_num_evts_total';
export const userspaceEventRate = 'falcosecurity_falco_evts_rate_sec';
export const snapshotEvents = 'falco_snapshot_n_evts_total';
export const snapshotDrops = 'falco_snapshot_n_drops_total';

/** Requires that the alert receiver is on. */
export function receiverMetric(metric: string): Need {
  return { metric, from: 'alert receiver' };
}

/**
 * Returns the alerts that arrived from each node by rule, with the label of Falco's rule counters. An
 * alert that arrived on both paths counts once: paths are not added up. `$groupBy` stands last,
 * because it may be empty.
 */
export function countArrivals(matchers: string): string {
  const counted = increaseFromZero(received, { matchers, unfiltered: true });
  const renamed = `label_replace(${counted}, "rule_name", "$1", "rule", "(.+)")`;
  return `max by (rule_name, $identity, $groupBy) (sum by (rule_name, path, $identity, $groupBy) (${renamed}))`;
}

/** The nodes from which an alert has ever arrived. */
export const knownToReceiver = `group by ($identity, $groupBy) (${received}{})`;

/** Keeps the matches of the rules whose alerts are sent to the receiver, as far as the settings tell. */
export function expectedMatches(vector: string, matches: string): string {
  const excluded = `(group by (rule_name) (${matches}{}) unless on (rule_name) ${expectedRule}{}) and on () ${expectedRule}{}`;
  return `(${vector} and on (priority) ${expectedPriority}{}) unless on (rule_name) (${excluded})`;
}

/** Restricts a vector to receivers that get the messages of a rule of Falco itself. */
export function whereExpected(vector: string, rule: string, priority: string): string {
  const excluded = `group (${expectedRule}{}) unless on () ${expectedRule}{rule_name="${rule}"}`;
  return `(${vector} and on () ${expectedPriority}{priority="${priority}"}) unless on () (${excluded})`;
}
