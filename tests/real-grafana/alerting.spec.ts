/** The editor of alert rules. */
import { expect, test } from './fixtures';

test('previews the condition that the query editor suggests', async ({ alertRuleEditPage, page, stage }) => {
  await alertRuleEditPage.disableAdvancedQueryMode();
  const query = await alertRuleEditPage.getQueryRow();
  await query.datasource.set(stage.name);
  const help = page.getByRole('note', { name: 'Values for the alert condition' });
  await expect(help).toContainText('Suggested condition: above 0.02 (2%) for a warning');
  await page.getByRole('spinbutton').first().fill('0.02');
  await expect(alertRuleEditPage.evaluate()).toBeOK();
  // Of the eight nodes, only worker-2 drops more than 2 % of its events.
  await expect(page.getByText('Firing', { exact: true })).toHaveCount(1);
  await expect(page.getByText('Normal', { exact: true })).toHaveCount(7);
});
