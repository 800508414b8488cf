import { mangle } from './answers';
import { exposition } from './exposition';
import { life, type Phase } from './life';
import { Node } from './node';
import { NodeExporter } from './node-exporter';
import { random } from './random';
import { CANARY_OF_DEMO } from './rules';
import { nodesOf, scenario as named } from './scenarios';
import { sidekickState, sidekickText, type SidekickState } from './sidekick';
import { truth, type NodeTruth } from './truth';

export interface SimulationOptions {
  /** Determines everything random. Default `falco`. */
  seed?: string;
  /** A name in scenarios.ts. Default `demo`. */
  scenario?: string;
  /** Fewer or more nodes than the scenario has; additional ones are healthy. */
  nodes?: number;
  /** A job triggers a canary on every node once a minute, unless nodes of the scenario have one of their own. */
  canary?: boolean;
  /** Milliseconds since 1970; the nodes have run for hours by then. */
  start: number;
}

/**
 * A fleet without sockets. Every response is a function of seed, scenario, start and time, so any
 * time can be requested in any order, any number of times.
 */
export interface Simulation {
  nodes: Node[];
  /** The node_exporter of each node, in the same order. */
  nodeExporters: NodeExporter[];
  start: number;
  /** Share of the alerts that a destination of Falcosidekick rejects, where it is not the usual one. */
  failing: Record<string, number>;
  /**
   * The text of a node's /metrics at a time; behind a load balancer sometimes that of the other
   * node.
   */
  answer(node: Node, at: number): string;
  /** What a scrape of the node gets: a response, 404 or no connection. */
  phase(node: Node, at: number): Phase;
  /** True while the node runs at its second address. */
  moved(node: Node, at: number): boolean;
  sidekick(at: number): SidekickState;
  sidekickAnswer(at: number): string;
  /** The truth between two times, by node. */
  truth(from: number, to: number): NodeTruth[];
}

export function createFleet({
  seed = 'falco',
  scenario = 'demo',
  nodes: count,
  canary = false,
  start,
}: SimulationOptions): Simulation {
  const chosen = named(scenario);
  // Copies, because a node can be changed while it runs.
  const specs = nodesOf(chosen, count);
  const triggered = canary && !specs.some(({ rules }) => rules.some(({ name }) => name === CANARY_OF_DEMO.name));
  const nodes = specs.map((spec) => {
    const rules = triggered ? [...spec.rules, CANARY_OF_DEMO] : spec.rules;
    return new Node({ ...spec, rules }, seed, start);
  });
  const { failing = {} } = chosen;
  const sidekick = (at: number) => sidekickState(nodes, start, at, failing);
  const behind = (node: Node, at: number): Node => {
    const other = nodes.find(({ spec }) => spec.name === node.spec.sharesAddressWith);
    return other && random(`${seed}/balancer/${Math.floor(at / 1000)}`)() < 0.5 ? other : node;
  };
  return {
    nodes,
    nodeExporters: nodes.map(({ spec }) => new NodeExporter(spec, seed, start)),
    start,
    failing,
    answer: (node, at) => mangle(exposition(behind(node, at).at(at)), node.spec.badAnswer),
    phase: ({ spec }, at) => life(spec, at - start).phase,
    moved: ({ spec }, at) => spec.interruption?.kind === 'move' && life(spec, at - start).number % 2 === 1,
    sidekick,
    sidekickAnswer: (at) => sidekickText(sidekick(at), chosen.backlog),
    truth: (from, to) => nodes.map((node) => truth(node.at(from), node.at(to))),
  };
}
