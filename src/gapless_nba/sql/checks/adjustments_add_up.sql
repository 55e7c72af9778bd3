-- The total is the sum of the adjustments that are known, and factors_available counts them.
SELECT
  game_date,
  player_lookup AS entity,
  factors_available
  = CASE WHEN fatigue_adjustment IS NULL THEN 0 ELSE 1 END
  + CASE WHEN shot_zone_mismatch_score IS NULL THEN 0 ELSE 1 END
  + CASE WHEN pace_score IS NULL THEN 0 ELSE 1 END
  + CASE WHEN usage_spike_score IS NULL THEN 0 ELSE 1 END
  AND CASE
    WHEN factors_available = 0 THEN total_composite_adjustment IS NULL
    ELSE coalesce(
      abs(
        coalesce(fatigue_adjustment, 0) + coalesce(shot_zone_mismatch_score, 0) + coalesce(pace_score, 0)
        + coalesce(usage_spike_score, 0) - total_composite_adjustment
      ) < 1e-9,
      FALSE
    )
  END AS ok,
  'total ' || coalesce(CAST(total_composite_adjustment AS VARCHAR), 'NULL') || ' of '
  || CAST(factors_available AS VARCHAR) || ' factors' AS detail
FROM candidate
