import { type NodeSpec } from './spec';

/** A BPF program under its kernel name (15 characters), with its run frequency and run time. */
export interface Program {
  name: string;
  /** Runs per syscall of the host. */
  perSyscall: number;
  /** Average nanoseconds per run. */
  nanoseconds: number;
  /** Runs once for each task or file when the capture opens, independent of the load. */
  scan?: 'threads' | 'fds';
}

/** Causes of full ring buffers that Falco counts by syscall; other drops have no category. */
export const DROP_CAUSES = [
  'clone_fork',
  'execve',
  'connect',
  'open',
  'dir_file',
  'other_interest',
  'close',
  'proc',
] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

/** Share of the buffer drops in percent; 28 % stay uncategorised. */
export const CAUSE_PERCENT: Record<DropCause, number> = {
  clone_fork: 1,
  execve: 2,
  connect: 6,
  open: 26,
  dir_file: 5,
  other_interest: 1,
  close: 30,
  proc: 1,
};

/** `close` and `proc` have no counter for entry events. */
export const ENTER_CAUSES: readonly DropCause[] = DROP_CAUSES.slice(0, 6);

/** Kinds of files that the iterators of 0.44 distinguish, with their share of all open files. */
export const FILE_KINDS: ReadonlyArray<{ kind: string; share: number }> = [
  { kind: 'pipe', share: 0.11 },
  { kind: 'memfd', share: 0.002 },
  { kind: 'regular', share: 0.42 },
  { kind: 'directory', share: 0.03 },
  { kind: 'socket_inet', share: 0.06 },
  { kind: 'socket_inet6', share: 0.05 },
  { kind: 'socket_unix', share: 0.14 },
  { kind: 'socket_netlink', share: 0.008 },
  { kind: 'anon_inode', share: 0.18 },
];

/** The minor number of a version: 44 for 0.44.1. */
export function minor(version: string): number {
  const number = Number(version.split('.')[1]);
  if (!Number.isInteger(number)) {
    throw new Error(`expected a Falco version such as 0.44.1, found "${version}"`);
  }
  return number;
}

/** Falco 0.42 removed entry events, and with them sys_enter and half of all events. */
export function hasEnterEvents(spec: NodeSpec): boolean {
  return minor(spec.version) < 42;
}

/** Iterators were added in 0.44; kmod does not have them. */
export function hasIterators(spec: NodeSpec): boolean {
  return spec.engine === 'modern_bpf' && minor(spec.version) >= 44;
}

function program(name: string, perSyscall = 0, nanoseconds = 0): Program {
  return { name: name.slice(0, 15), perSyscall, nanoseconds };
}

const TOCTOU: ReadonlyArray<{ call: string; perSyscall: number; legacyCall: boolean }> = [
  { call: 'connect', perSyscall: 0.0006, legacyCall: false },
  { call: 'creat', perSyscall: 0.000002, legacyCall: true },
  { call: 'open', perSyscall: 0.0001, legacyCall: true },
  { call: 'openat', perSyscall: 0.008, legacyCall: false },
  { call: 'openat2', perSyscall: 0.00004, legacyCall: false },
];

function toctouPrograms({ arch, compatSyscalls }: NodeSpec): Program[] {
  return TOCTOU.flatMap(({ call, perSyscall, legacyCall }) => {
    if (arch === 'aarch64') {
      // arm64 has neither creat nor open: loaded, never run.
      return [program(`${call}_e`, legacyCall ? 0 : perSyscall, 390)];
    }
    const compat = compatSyscalls.includes(call) ? 'ia32_compat_' : 'ia32_';
    return [program(`${call}_e`, perSyscall, 410), program(`${compat}${call}_e`, call === 'openat' ? 2e-8 : 0, 450)];
  });
}

/**
 * The programs in the order in which libs attaches and lists them (libpman's lifecycle.c in the
 * versions that Falco 0.39, 0.41 and 0.44 use). kmod has none.
 */
export function programs(spec: NodeSpec): Program[] {
  if (spec.engine === 'kmod') {
    return [];
  }
  const enter = hasEnterEvents(spec);
  const arm = spec.arch === 'aarch64';
  return [
    ...(enter ? [program('sys_enter', 1, 194)] : []),
    program('sys_exit', 1, enter ? 205 : 221),
    program('sched_proc_exit', 0.00012, 2041),
    program('sched_switch'),
    // Before 0.42, x86_64 took exec from the syscall exit.
    ...(arm || !enter ? [program('sched_p_exec', 0.00005, 3120)] : []),
    ...(arm ? [program('sched_p_fork', 0.00013, 2650)] : []),
    ...(arm ? [] : [program('pf_user'), program('pf_kernel')]),
    program('signal_deliver'),
    ...(enter ? [] : toctouPrograms(spec)),
    ...(hasIterators(spec)
      ? [
          { ...program('dump_task', 0, 860), scan: 'threads' as const },
          { ...program('dump_task_file', 0, 940), scan: 'fds' as const },
        ]
      : []),
  ];
}
