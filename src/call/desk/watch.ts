const two = (part: number): string => String(part).padStart(2, '0');

/** Seconds as a watch shows them: `4:05`, `1:04:05`. */
export function watchOf(seconds: number): string {
  const whole = Math.abs(Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
