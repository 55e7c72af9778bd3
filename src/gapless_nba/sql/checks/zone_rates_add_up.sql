-- The rates of the three zones are shares of one whole.
SELECT
  game_date,
  player_lookup AS entity,
  abs(paint_rate_last_10 + mid_range_rate_last_10 + three_rate_last_10 - 1) < 1e-9 AS ok,
  'the rates add up to ' || CAST(paint_rate_last_10 + mid_range_rate_last_10 + three_rate_last_10 AS VARCHAR)
    AS detail
FROM candidate
WHERE paint_rate_last_10 IS NOT NULL
