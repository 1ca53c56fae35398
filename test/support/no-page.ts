/** The ops endpoints' page where a test is about something else: nobody may watch it. */
import type { Page } from '../../src/ops/page/page.ts';

export const noPage: Page = { mayWatch: () => false, watch: () => {}, stop: () => {} };
