/** Everything that the service keeps in Redis begins so, whoever writes it, where REDIS_PREFIX says nothing else. */
export const REDIS_PREFIX = 'coupon-notifier';
