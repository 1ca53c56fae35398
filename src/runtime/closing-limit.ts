/** Ms beyond the drain limit that leaving the group, flushing and closing may take before a stop waits no longer. */
export const CLOSING_LIMIT_MS = 8000;
