import { tablePanel, without } from './panels';
import { eventsBut, tableOf } from './queries';

/** Changes within the range, as rows. */
export function changes(id: number, w: number, h: number) {
  const panel = tablePanel(
    {
      id,
      title: 'Changes',
      description:
        'Restarts, hot reloads, changes of version, engine, kernel, rules and configuration, drop bursts, and instances that went down or came back within the range, latest first. Clicking a time compares the time since then with the time before.',
      w,
      h,
    },
    tableOf('events', { signals: eventsBut('data-start') })
  )
    .noValue('No changes in this range.')
    .overrideByName('time', [
      { id: 'custom.width', value: 130 },
      { id: 'unit', value: 'time:MM-DD HH:mm:ss' },
      {
        id: 'links',
        value: [
          {
            title: 'Before and after',
            url: '/d/falco-before-after?var-ds=${ds}&${cluster:queryparam}&var-node=${__data.fields.node:percentencode}&from=${__value.numeric}&to=now',
            targetBlank: false,
          },
        ],
      },
    ])
    .overrideByName('node', [{ id: 'custom.width', value: 100 }])
    .overrideByName('level', [{ id: 'custom.width', value: 70 }])
    .overrideByName('text', [{ id: 'custom.minWidth', value: 220 }]);
  return without(panel, ['timeEnd', 'title', 'tags', 'cluster', 'kind']);
}
