import '@testing-library/jest-dom';
import { EmbeddedScene, SceneFlexLayout } from '@grafana/scenes';
import { render, screen } from '@testing-library/react';
import { createLayers } from './annotations';
import { AnnotationSwitches } from './annotationSwitches';
import { type DashboardModel } from './model';

test('each annotation query has a switch with its own name', () => {
  const query = { datasource: { uid: 'x' }, hide: false, iconColor: 'orange' };
  const list = [
    { ...query, name: 'Events', enable: false },
    { ...query, name: 'Impact', enable: false },
  ];
  const switches = new AnnotationSwitches({});
  new EmbeddedScene({
    $data: createLayers({ annotations: { list } } as DashboardModel),
    controls: [switches],
    body: new SceneFlexLayout({ children: [] }),
  });
  render(<switches.Component model={switches} />);
  expect(screen.getAllByRole('switch')).toEqual([screen.getByLabelText('Events'), screen.getByLabelText('Impact')]);
});
