import { tablePanel, without } from './panels';
import { tableOf } from './queries';

/** What changed in the range, as rows. */
export function changes(id: number, w: number, h: number) {
  const panel = tablePanel(
    {
      id,
      title: 'What changed',
      description:
        'Restarts, hot reloads, changes of version, engine, kernel, rules and settings, bursts of drops, and Falcos that went down or came back within the range, the latest first. A click on a time compares the time since with the time before.',
      w,
      h,
    },
    tableOf('events')
  )
    .noValue('No change was seen in this range.')
    .overrideByName('time', [
      { id: 'custom.width', value: 130 },
      { id: 'unit', value: 'time:MM-DD HH:mm:ss' },
      {
        id: 'links',
        value: [
          {
            title: 'Before and after',
            url: '/d/falco-before-after?var-ds=${ds}&${cluster:queryparam}&var-node=${__data.fields.node}&from=${__value.numeric}&to=now',
            targetBlank: false,
          },
        ],
      },
    ])
    .overrideByName('node', [{ id: 'custom.width', value: 100 }])
    .overrideByName('level', [{ id: 'custom.width', value: 70 }])
    .overrideByName('text', [
      { id: 'custom.minWidth', value: 220 },
      { id: 'custom.wrapText', value: true },
    ]);
  return without(panel, ['timeEnd', 'title', 'tags', 'cluster', 'kind']);
}
