/** The settings page of a new data source. */
import { freePort } from '../e2e/harness';
import { expect, pluginId, test } from './fixtures';

test('saves a target, and tells which Falco responds', async ({ createDataSourceConfigPage, page, stage }) => {
  const settings = await createDataSourceConfigPage({ type: pluginId });
  const address = page.getByRole('group', { name: 'Target 1' }).getByLabel('Address');
  await address.fill(stage.falco);
  await expect(settings.saveAndTest()).toBeOK();
  await expect(settings).toHaveAlert('success', { hasText: 'The target responds.' });
  await settings.goto();
  await expect(address).toHaveValue(stage.falco);
});

test('tells why a target does not respond, and what to do', async ({
  complaints,
  createDataSourceConfigPage,
  page,
  stage,
}) => {
  const settings = await createDataSourceConfigPage({ type: pluginId });
  const port = await freePort();
  const [host] = stage.falco.split(':');
  await page.getByRole('group', { name: 'Target 1' }).getByLabel('Address').fill(`${host}:${port}`);
  await expect(settings.saveAndTest()).not.toBeOK();
  await expect(settings).toHaveAlert('error', { hasText: 'Connection refused' });
  expect(complaints.splice(0)).toEqual([]);
});
