export const LIMIT = 0.5;
export default { max: 1 };
