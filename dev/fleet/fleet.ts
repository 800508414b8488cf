import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { respond } from './answers';
import { Delivery, type DeliveryTruth } from './delivery';
import { type Node } from './node';
import { createFleet, type Simulation } from './simulation';
import { type NodeTruth } from './truth';
import { versions } from './versions';

export interface FleetOptions {
  /** The address to listen on. Default 127.0.0.1. */
  host?: string;
  /** Control port; Falcosidekick is one above, the first Falco two above. Default 28760. */
  port?: number;
  seed?: string;
  scenario?: string;
  nodes?: number;
  /** A job triggers a canary on every node once a minute, unless nodes of the scenario have one of their own. */
  canary?: boolean;
  /** Gives every node an address of its own, 127.0.X.Y:8765, instead of a port. */
  addresses?: boolean;
  /** URL and shared secret of the alert receiver that alerts are posted to. Default: none are posted. */
  alerts?: { url: string; secret: string };
  /** The clock; default the real time. */
  now?: () => number;
}

export interface Fleet {
  /** `host:port` of every Falco, as /targets lists them. */
  targets: string[];
  /** `host:port` of Falcosidekick. */
  sidekick: string;
  /** Address of the control port: http://host:port. */
  control: string;
  simulation: Simulation;
  /** The truth over the last seconds (default 60). */
  truth(seconds?: number): NodeTruth[];
  /** What happened to the alerts that were posted so far; empty if none are. */
  delivery(): DeliveryTruth[];
  /** Stops posting and listening, and closes every connection. */
  close(): Promise<void>;
}

export const DEFAULT_PORT = 28760;
const FALCO_PORT = 8765;
/** Interval in milliseconds at which listeners are opened and closed to match the running nodes. */
const TICK = 100;
/** Each node_exporter has a path on the control port, so that a large fleet needs no more ports. */
const nodeExporterPath = '/node-exporters/';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

function json(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body);
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Length': 0 }).end();
}

function listen(handler: Handler, host: string, port: number): Promise<Server> {
  // Longer than any scrape interval in use: a connection closed between two scrapes looks like an
  // unreliable Falco.
  const server = createServer({ keepAliveTimeout: 120_000 }, handler);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'something else listens there; stop it, or choose other ports with --port'
          : error.code === 'EADDRNOTAVAIL'
            ? 'this machine has no such address; leave --addresses out, or choose --host'
            : error.message;
      reject(new Error(`the fleet cannot listen on ${host}:${port}: ${why}`));
    });
    server.listen(port, host, () => resolve(server));
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function handleFalco(simulation: Simulation, node: Node, now: () => number): Handler {
  return (request, response) => {
    const { spec } = node;
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return json(response, { status: 'ok' });
      case '/versions':
        return json(response, versions(spec));
      case '/metrics': {
        const at = now();
        const phase = simulation.phase(node, at);
        if (phase === 'crashing') {
          return respond(response, '#'.repeat(100), 'cut-off');
        }
        // The route exists only after the capture opened.
        return phase === 'up' ? respond(response, simulation.answer(node, at), spec.badAnswer) : notFound(response);
      }
      default:
        return notFound(response);
    }
  };
}

/**
 * `POST /nodes/<name>?loses=0.1` overloads a node from now on, `?answers=false` closes its
 * listener, `true` opens it again, `?stalls=true` lets its userspace read no events from now on.
 */
function change(
  { nodes, start }: Simulation,
  { pathname, searchParams }: URL,
  now: number,
  response: ServerResponse
): void {
  const node = nodes.find(({ spec }) => spec.name === decodeURIComponent(pathname.slice('/nodes/'.length)));
  const [loses, answers, stalls] = ['loses', 'answers', 'stalls'].map((name) => searchParams.get(name) ?? undefined);
  if (!node) {
    return notFound(response);
  }
  if (loses !== undefined) {
    node.overload(now, Number(loses));
  }
  if (answers !== undefined) {
    node.spec.absent = answers === 'false';
  }
  if (stalls !== undefined) {
    node.spec.stalledAt = stalls === 'true' ? now - start : undefined;
  }
  json(response, { node: node.spec.name });
}

/** Where a node listens: its own address, or the second one after a move. */
function placesOf(simulation: Simulation, { host, port, addresses }: Required<FleetOptions>) {
  let spare = simulation.nodes.length;
  return simulation.nodes.map((node, i) => {
    const moving = node.spec.interruption?.kind === 'move';
    return [i, ...(moving ? [spare++] : [])].map((n) =>
      addresses
        ? { host: `127.0.${1 + Math.floor(n / 250)}.${1 + (n % 250)}`, port: FALCO_PORT }
        : { host, port: port + 2 + n }
    );
  });
}

/** Starts the simulated fleet on sockets; all addresses listen when the promise resolves. */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const now = options.now ?? Date.now;
  const { host = '127.0.0.1', port = DEFAULT_PORT, addresses = false } = options;
  const simulation = createFleet({ ...options, start: now() });
  const highest = port + 2 + 2 * simulation.nodes.length;
  if (!addresses && highest > 65_535) {
    throw new Error(
      `${simulation.nodes.length} Falcos need the ports up to ${highest}, and there are 65535: choose a lower --port, fewer --nodes, or --addresses`
    );
  }
  const places = placesOf(simulation, { host, port, addresses } as Required<FleetOptions>);
  const placeOf = (i: number, at: number) => places[i]![simulation.moved(simulation.nodes[i]!, at) ? 1 : 0]!;
  const listTargets = (outside: string, cluster?: string | null) =>
    simulation.nodes.flatMap(({ spec }, i) => {
      const place = placeOf(i, now());
      const wanted = !cluster || spec.cluster === cluster;
      return wanted ? [`${addresses ? place.host : outside}:${place.port}`] : [];
    });
  const truth = (seconds = 60) => simulation.truth(now() - seconds * 1000, now());

  const delivery =
    options.alerts &&
    new Delivery({
      ...options.alerts,
      seed: options.seed ?? 'falco',
      simulation,
      sidekickUrl: `http://${host}:${port + 1}/`,
      now,
    });
  const deliveryTruth = (): DeliveryTruth[] => delivery?.truth() ?? [];

  const control: Handler = (request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? host}`);
    const time = (name: string) => Number(url.searchParams.get(name) ?? NaN);
    switch (url.pathname) {
      case '/healthz':
        return json(response, { status: 'ok' });
      case '/targets':
        return json(response, [{ targets: listTargets(url.hostname, url.searchParams.get('cluster')), labels: {} }]);
      case '/node-exporters':
        return json(
          response,
          simulation.nodes
            .filter(({ spec }) => !url.searchParams.get('cluster') || spec.cluster === url.searchParams.get('cluster'))
            .map(({ spec }) => ({
              targets: [url.host],
              labels: { __metrics_path__: `${nodeExporterPath}${encodeURIComponent(spec.name)}/metrics` },
            }))
        );
      case '/delivery':
        return json(response, deliveryTruth());
      case '/truth': {
        const to = Number.isFinite(time('to')) ? time('to') : now();
        const seconds = Number.isFinite(time('seconds')) ? time('seconds') : 60;
        const from = Number.isFinite(time('from')) ? time('from') : to - seconds * 1000;
        return json(response, { from, to, nodes: simulation.truth(from, to) });
      }
      default:
        if (url.pathname.startsWith(nodeExporterPath)) {
          const [name = ''] = url.pathname.slice(nodeExporterPath.length).split('/');
          const found = simulation.nodeExporters.find(({ spec }) => spec.name === decodeURIComponent(name));
          return found ? respond(response, found.answer(now())) : notFound(response);
        }
        return url.pathname.startsWith('/nodes/') && request.method === 'POST'
          ? change(simulation, url, now(), response)
          : notFound(response);
    }
  };
  const sidekick: Handler =
    delivery?.sidekick.handle ??
    (({ url }, response) =>
      url?.split('?')[0] === '/metrics' ? respond(response, simulation.sidekickAnswer(now())) : notFound(response));

  const open = new Map<string, Server>();
  const fixed: Server[] = [];
  /** Opens and closes listeners so that exactly the nodes with a process listen. */
  const align = async (): Promise<void> => {
    for (const [i, node] of simulation.nodes.entries()) {
      const at = now();
      const down = simulation.phase(node, at) === 'down';
      for (const place of places[i]!) {
        const key = `${place.host}:${place.port}`;
        const server = open.get(key);
        const wanted = !down && place === placeOf(i, at);
        if (wanted && !server) {
          open.set(key, await listen(handleFalco(simulation, node, now), place.host, place.port));
        } else if (!wanted && server) {
          open.delete(key);
          await shut(server);
        }
      }
    }
  };
  const stop = async () => {
    await Promise.all([...fixed, ...open.values()].map(shut));
  };

  try {
    fixed.push(await listen(control, host, port), await listen(sidekick, host, port + 1));
    await align();
  } catch (error) {
    await delivery?.close();
    await stop();
    throw error;
  }
  let closed = false;
  const reported = new Set<string>();
  const report = ({ message }: Error) => {
    if (!reported.has(message)) {
      reported.add(message);
      console.error(message);
    }
  };
  let aligning = Promise.resolve();
  const timer = setInterval(() => {
    aligning = aligning.then(() => (closed ? undefined : align())).catch(report);
  }, TICK);
  return {
    get targets() {
      return listTargets(host);
    },
    sidekick: `${host}:${port + 1}`,
    control: `http://${host}:${port}`,
    simulation,
    truth,
    delivery: deliveryTruth,
    async close() {
      closed = true;
      clearInterval(timer);
      await delivery?.close();
      await aligning;
      await stop();
    },
  };
}
