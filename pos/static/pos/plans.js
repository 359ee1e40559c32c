/** How often a plan is paid and what it gives, in words. */

/** "every month" or "every 3 months". */
export const often = ({ interval_months }) => (interval_months === 1 ? "every month" : `every ${interval_months} months`);

/** "every month · 1 session". */
export const planWords = (plan) =>
  `${often(plan)} · ${plan.credits_per_cycle} ${plan.credits_per_cycle === 1 ? "session" : "sessions"}`;
