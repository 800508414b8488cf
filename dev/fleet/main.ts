/** `npm run fleet`: simulated Falco instances and a Falcosidekick. `--help` lists the options. */
import { parseArgs } from 'node:util';
import { dump } from './dump';
import { DEFAULT_PORT, startFleet } from './fleet';
import { SCENARIOS } from './scenarios';
import { createFleet } from './simulation';

const HELP = `npm run fleet -- [options]

  --host ADDRESS     where to listen (127.0.0.1)
  --port N           control port; Falcosidekick N+1, Falcos from N+2 up (${DEFAULT_PORT})
  --addresses        every Falco on an address of its own, 127.0.X.Y:8765
  --nodes N          how many Falcos (as many as the scenario has)
  --seed TEXT        another fleet of the same kind (falco)
  --scenario NAME    what happens to it (demo)
  --canary           a job triggers the rule "Falco canary" on every node once a minute
  --alerts URL       post alerts to this alert receiver; FALCO_RECEIVER_SECRET is its shared secret

  --dump DIR         write DIR/<node>/<ms>.prom instead of listening
  --start MS         time of the first dumped answer, milliseconds since 1970 (now)
  --interval S       seconds between dumped answers (15)
  --samples N        answers of each node (240)

Scenarios:
${Object.entries(SCENARIOS)
  .map(([name, { about }]) => `  ${name.padEnd(21)}${about}`)
  .join('\n')}

On the control port: /targets and /node-exporters (HTTP service discovery; ?cluster=NAME), /truth?seconds=60 or ?from=MS&to=MS, /delivery (of the posted alerts), /healthz;
POST /nodes/NAME?loses=0.1 overloads a node from now on, ?answers=false takes it away, ?answers=true gives it back,
?stalls=true stalls its userspace, so that no rule matches any more.
`;

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Error(`--${option}: expected a whole number from ${least} up, found "${text}"`);
  }
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: String(DEFAULT_PORT) },
      addresses: { type: 'boolean', default: false },
      nodes: { type: 'string' },
      seed: { type: 'string', default: 'falco' },
      scenario: { type: 'string', default: 'demo' },
      canary: { type: 'boolean', default: false },
      alerts: { type: 'string' },
      dump: { type: 'string' },
      start: { type: 'string' },
      interval: { type: 'string', default: '15' },
      samples: { type: 'string', default: '240' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { seed, scenario, host, addresses, canary } = values;
  const nodes = values.nodes === undefined ? undefined : whole('nodes', values.nodes, 1);
  if (values.dump !== undefined) {
    const start = values.start === undefined ? Date.now() : whole('start', values.start, 0);
    const times = { interval: whole('interval', values.interval, 1), samples: whole('samples', values.samples, 1) };
    const files = await dump(createFleet({ seed, scenario, nodes, canary, start }), values.dump, times);
    console.log(`${files} answers in ${values.dump}`);
    return;
  }
  const alerts =
    values.alerts === undefined ? undefined : { url: values.alerts, secret: process.env.FALCO_RECEIVER_SECRET ?? '' };
  const fleet = await startFleet({
    alerts,
    host,
    port: whole('port', values.port, 1),
    addresses,
    canary,
    nodes,
    seed,
    scenario,
  });
  console.log(
    `fleet "${scenario}": ${fleet.targets.length} Falcos from ${fleet.targets[0]} up, Falcosidekick on ${fleet.sidekick}, control on ${fleet.control}`
  );
  const end = () => void fleet.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
