-- Five players at a time: 240 minutes, and 25 more for each overtime. Exact sources are at most four seconds off.
SELECT
  game_date,
  game_id || ' ' || team AS entity,
  coalesce(abs(team_minutes - 240 - 25 * overtime_periods) <= 0.1, FALSE) AS ok,
  CAST(round(team_minutes, 2) AS VARCHAR) || ' minutes with ' || CAST(overtime_periods AS VARCHAR)
  || ' overtimes' AS detail,
  abs(team_minutes - 240 - 25 * overtime_periods) AS minutes_off
FROM candidate
