-- player_composite_factors (PCF): a player's context, weighed with his zones and the opponent's
-- defence.
WITH inputs AS (
  SELECT
    c.game_date,
    c.player_id,
    c.player_lookup,
    c.season,
    c.game_id,
    c.game_code,
    c.team,
    c.opponent,
    c.context_source,
    c.days_rest,
    c.games_last_7_days,
    c.minutes_last_7_days,
    c.avg_minutes_last_7_days,
    c.back_to_backs_last_14_days,
    c.pace_differential,
    c.usage_rate_last_3_games,
    c.usage_rate_season,
    z.primary_scoring_zone,
    z.paint_rate_last_10,
    z.mid_range_rate_last_10,
    z.three_rate_last_10,
    d.paint_vs_league,
    d.mid_range_vs_league,
    d.three_vs_league,
    CASE z.primary_scoring_zone
      WHEN 'paint' THEN z.paint_rate_last_10
      WHEN 'mid_range' THEN z.mid_range_rate_last_10
      WHEN 'three' THEN z.three_rate_last_10
    END AS primary_rate,
    CASE z.primary_scoring_zone
      WHEN 'paint' THEN d.paint_vs_league
      WHEN 'mid_range' THEN d.mid_range_vs_league
      WHEN 'three' THEN d.three_vs_league
    END AS primary_vs_league
  FROM context AS c
  LEFT JOIN zones AS z
    ON z.game_date = c.game_date
    AND z.player_id = c.player_id
  LEFT JOIN defense AS d
    ON d.game_date = c.game_date
    AND d.team = c.opponent
),

-- Real values sit on the thresholds: before a comparison with one they are rounded to 9 decimals.
unclamped AS (
  SELECT
    *,
    CASE
      WHEN days_rest IS NOT NULL THEN
        CAST(100 AS DOUBLE)
        + CASE WHEN days_rest = 1 THEN -15 WHEN days_rest >= 3 THEN 5 ELSE 0 END
        + CASE WHEN games_last_7_days >= 4 THEN -10 ELSE 0 END
        + CASE WHEN round(minutes_last_7_days * 1e9) / 1e9 > 140 THEN -10 ELSE 0 END
        + CASE WHEN round(avg_minutes_last_7_days * 1e9) / 1e9 > 35 THEN -8 ELSE 0 END
        + CASE
          WHEN back_to_backs_last_14_days >= 2 THEN -12
          WHEN back_to_backs_last_14_days = 1 THEN -5
          ELSE 0
        END
    END AS fatigue,
    CASE
      WHEN primary_scoring_zone = 'balanced' THEN
        paint_rate_last_10 * paint_vs_league
        + mid_range_rate_last_10 * mid_range_vs_league
        + three_rate_last_10 * three_vs_league
      WHEN primary_rate < 0.5 THEN primary_vs_league * primary_rate / 0.5
      ELSE primary_vs_league
    END AS mismatch,
    pace_differential / 2 AS pace,
    0.3 * 100 * (usage_rate_last_3_games - usage_rate_season) AS usage_spike
  FROM inputs
),

amplified AS (
  SELECT
    *,
    CASE WHEN round(abs(mismatch) * 1e9) / 1e9 > 5 THEN 1.2 * mismatch ELSE mismatch END
      AS amplified_mismatch
  FROM unclamped
),

-- CASE keeps NULL where least and greatest would put the limit in its place.
scores AS (
  SELECT
    *,
    CASE WHEN fatigue > 100 THEN 100 WHEN fatigue < 0 THEN 0 ELSE fatigue END AS fatigue_score,
    CASE
      WHEN amplified_mismatch > 10 THEN 10
      WHEN amplified_mismatch < -10 THEN -10
      ELSE amplified_mismatch
    END AS shot_zone_mismatch_score,
    CASE WHEN pace > 3 THEN 3 WHEN pace < -3 THEN -3 ELSE pace END AS pace_score,
    CASE WHEN usage_spike > 3 THEN 3 WHEN usage_spike < -3 THEN -3 ELSE usage_spike END
      AS usage_spike_score
  FROM amplified
),

counted AS (
  SELECT
    *,
    (fatigue_score - 100) / 20 AS fatigue_adjustment,
    CASE WHEN fatigue_score IS NOT NULL THEN 1 ELSE 0 END
    + CASE WHEN shot_zone_mismatch_score IS NOT NULL THEN 1 ELSE 0 END
    + CASE WHEN pace_score IS NOT NULL THEN 1 ELSE 0 END
    + CASE WHEN usage_spike_score IS NOT NULL THEN 1 ELSE 0 END AS factors_available
  FROM scores
)

SELECT
  game_date,
  player_id,
  player_lookup,
  season,
  game_id,
  game_code,
  team,
  opponent,
  context_source,
  fatigue_score,
  fatigue_adjustment,
  shot_zone_mismatch_score,
  pace_score,
  usage_spike_score,
  -- The zeros only leave the missing ones out of the sum; without any score there is no sum.
  CASE
    WHEN factors_available > 0 THEN
      coalesce(fatigue_adjustment, 0)
      + coalesce(shot_zone_mismatch_score, 0)
      + coalesce(pace_score, 0)
      + coalesce(usage_spike_score, 0)
  END AS total_composite_adjustment,
  CAST(factors_available AS INTEGER) AS factors_available,
  list_filter(
    -- In alphabetical order.
    [
      CASE WHEN days_rest IS NULL THEN 'days_rest' END,
      CASE WHEN mid_range_vs_league IS NULL THEN 'mid_range_vs_league' END,
      CASE WHEN pace_differential IS NULL THEN 'pace_differential' END,
      CASE WHEN paint_vs_league IS NULL THEN 'paint_vs_league' END,
      CASE WHEN primary_scoring_zone IS NULL THEN 'primary_scoring_zone' END,
      CASE WHEN three_vs_league IS NULL THEN 'three_vs_league' END,
      CASE WHEN usage_rate_last_3_games IS NULL THEN 'usage_rate_last_3_games' END,
      CASE WHEN usage_rate_season IS NULL THEN 'usage_rate_season' END
    ],
    lambda name: name IS NOT NULL
  ) AS missing_inputs
FROM counted
