/** Everything that the service keeps in Redis begins so, whoever writes it. */
export const REDIS_PREFIX = 'coupon-notifier';
