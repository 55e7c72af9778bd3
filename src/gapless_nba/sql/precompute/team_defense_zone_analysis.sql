-- team_defense_zone_analysis (TDZA): what each team with enough games before D allowed, by zone.
--
-- A game is among the last 15 before D while the 15th game after it (leaves_last_15) is not before
-- D. NULLS FIRST: neither key is ever NULL, but so every engine can say this order.
-- Games without shots count as games; their zones are NULL and leave the sums untouched.
-- Means of fractions are taken over whole multiples of 1e-12: these add up to the same double in
-- any order, so a rerun gives the same bits.

WITH team_games AS (
  SELECT
    team,
    season,
    game_date,
    points_allowed,
    round(defensive_rating * 1e12) AS defensive_rating_e12,
    opponent_paint_fga AS paint_fga,
    opponent_paint_fgm AS paint_fgm,
    opponent_mid_range_fga AS mid_range_fga,
    opponent_mid_range_fgm AS mid_range_fgm,
    opponent_three_fga AS three_fga,
    opponent_three_fgm AS three_fgm,
    opponent_paint_fga IS NOT NULL AS has_shots,
    lead(game_date, 15) OVER (
      PARTITION BY season, team
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ) AS leaves_last_15
  FROM team_defense_game_summary
),

games_before AS (
  SELECT
    d.game_date,
    d.day_of_season,
    g.season,
    g.team,
    g.points_allowed,
    g.defensive_rating_e12,
    g.paint_fga,
    g.paint_fgm,
    g.mid_range_fga,
    g.mid_range_fgm,
    g.three_fga,
    g.three_fgm,
    g.has_shots,
    g.leaves_last_15 IS NULL OR g.leaves_last_15 >= d.game_date AS in_last_15,
    g.game_date >= d.game_date - 30 AS in_last_30_days
  FROM partitions AS d
  JOIN team_games AS g
    ON g.season = d.season
    AND g.game_date < d.game_date
),

allowed AS (
  SELECT
    game_date,
    day_of_season,
    season,
    team,
    count(*) AS games,
    count(CASE WHEN in_last_15 THEN 1 END) AS games_15,
    count(CASE WHEN in_last_15 AND has_shots THEN 1 END) AS shot_games_15,
    avg(CASE WHEN in_last_15 THEN defensive_rating_e12 END) / 1e12 AS defensive_rating_15,
    avg(CASE WHEN in_last_15 THEN points_allowed END) AS points_15,
    sum(CASE WHEN in_last_15 THEN paint_fga END) AS paint_fga_15,
    sum(CASE WHEN in_last_15 THEN paint_fgm END) AS paint_fgm_15,
    sum(CASE WHEN in_last_15 THEN mid_range_fga END) AS mid_range_fga_15,
    sum(CASE WHEN in_last_15 THEN mid_range_fgm END) AS mid_range_fgm_15,
    sum(CASE WHEN in_last_15 THEN three_fga END) AS three_fga_15,
    sum(CASE WHEN in_last_15 THEN three_fgm END) AS three_fgm_15,
    count(CASE WHEN in_last_30_days AND has_shots THEN 1 END) AS shot_games_30_days,
    sum(CASE WHEN in_last_30_days THEN paint_fga END) AS paint_fga_30_days,
    sum(CASE WHEN in_last_30_days THEN paint_fgm END) AS paint_fgm_30_days,
    sum(CASE WHEN in_last_30_days THEN mid_range_fga END) AS mid_range_fga_30_days,
    sum(CASE WHEN in_last_30_days THEN mid_range_fgm END) AS mid_range_fgm_30_days,
    sum(CASE WHEN in_last_30_days THEN three_fga END) AS three_fga_30_days,
    sum(CASE WHEN in_last_30_days THEN three_fgm END) AS three_fgm_30_days,
    sum(paint_fga) AS paint_fga_season,
    sum(paint_fgm) AS paint_fgm_season,
    sum(mid_range_fga) AS mid_range_fga_season,
    sum(mid_range_fgm) AS mid_range_fgm_season,
    sum(three_fga) AS three_fga_season,
    sum(three_fgm) AS three_fgm_season
  FROM games_before
  GROUP BY game_date, day_of_season, season, team
),

-- Every team counts for the league, also one with too few games for a row of its own.
team_pcts AS (
  SELECT
    game_date,
    shot_games_30_days >= 10 AS has_30_days,
    round(1e12 * paint_fgm_30_days / nullif(paint_fga_30_days, 0)) AS paint_e12_30_days,
    round(1e12 * mid_range_fgm_30_days / nullif(mid_range_fga_30_days, 0)) AS mid_range_e12_30_days,
    round(1e12 * three_fgm_30_days / nullif(three_fga_30_days, 0)) AS three_e12_30_days,
    round(1e12 * paint_fgm_season / nullif(paint_fga_season, 0)) AS paint_e12_season,
    round(1e12 * mid_range_fgm_season / nullif(mid_range_fga_season, 0)) AS mid_range_e12_season,
    round(1e12 * three_fgm_season / nullif(three_fga_season, 0)) AS three_e12_season
  FROM allowed
),

league AS (
  SELECT
    game_date,
    CASE
      WHEN count(CASE WHEN has_30_days THEN 1 END) >= 10
        THEN avg(CASE WHEN has_30_days THEN paint_e12_30_days END) / 1e12
      ELSE avg(paint_e12_season) / 1e12
    END AS league_paint_pct,
    CASE
      WHEN count(CASE WHEN has_30_days THEN 1 END) >= 10
        THEN avg(CASE WHEN has_30_days THEN mid_range_e12_30_days END) / 1e12
      ELSE avg(mid_range_e12_season) / 1e12
    END AS league_mid_range_pct,
    CASE
      WHEN count(CASE WHEN has_30_days THEN 1 END) >= 10
        THEN avg(CASE WHEN has_30_days THEN three_e12_30_days END) / 1e12
      ELSE avg(three_e12_season) / 1e12
    END AS league_three_pct
  FROM team_pcts
  GROUP BY game_date
),

pcts AS (
  SELECT
    a.game_date,
    a.team,
    a.season,
    a.paint_fgm_15 / nullif(a.paint_fga_15, 0) AS paint_pct_allowed,
    a.mid_range_fgm_15 / nullif(a.mid_range_fga_15, 0) AS mid_range_pct_allowed,
    a.three_fgm_15 / nullif(a.three_fga_15, 0) AS three_pct_allowed,
    a.paint_fga_15 / nullif(a.shot_games_15, 0) AS paint_attempts_allowed_per_game,
    a.mid_range_fga_15 / nullif(a.shot_games_15, 0) AS mid_range_attempts_allowed_per_game,
    a.three_fga_15 / nullif(a.shot_games_15, 0) AS three_attempts_allowed_per_game,
    l.league_paint_pct,
    l.league_mid_range_pct,
    l.league_three_pct,
    a.defensive_rating_15 AS defensive_rating_last_15,
    a.points_15 AS points_allowed_per_game,
    CAST(a.games_15 AS INTEGER) AS games_in_window
  FROM allowed AS a
  JOIN league AS l
    ON l.game_date = a.game_date
  WHERE a.games >= least(15, floor(a.day_of_season / 3))
),

versus_league AS (
  SELECT
    *,
    100 * (paint_pct_allowed - league_paint_pct) AS paint_vs_league,
    100 * (mid_range_pct_allowed - league_mid_range_pct) AS mid_range_vs_league,
    100 * (three_pct_allowed - league_three_pct) AS three_vs_league
  FROM pcts
),

-- Rounded to 9 decimals as for a threshold, so that what is a tie on paper is one here.
compared AS (
  SELECT
    *,
    round(paint_vs_league * 1e9) / 1e9 AS paint,
    round(mid_range_vs_league * 1e9) / 1e9 AS mid_range,
    round(three_vs_league * 1e9) / 1e9 AS three
  FROM versus_league
)

SELECT
  game_date,
  team,
  season,
  paint_pct_allowed,
  mid_range_pct_allowed,
  three_pct_allowed,
  paint_attempts_allowed_per_game,
  mid_range_attempts_allowed_per_game,
  three_attempts_allowed_per_game,
  league_paint_pct,
  league_mid_range_pct,
  league_three_pct,
  paint_vs_league,
  mid_range_vs_league,
  three_vs_league,
  defensive_rating_last_15,
  points_allowed_per_game,
  games_in_window,
  -- Each WHEN is reached only when no zone before it, in the order of ties, was the extreme one.
  CASE
    WHEN paint <= coalesce(mid_range, paint) AND paint <= coalesce(three, paint) THEN 'paint'
    WHEN mid_range <= coalesce(three, mid_range) THEN 'mid_range'
    WHEN three IS NOT NULL THEN 'three'
  END AS strongest_zone,
  CASE
    WHEN paint >= coalesce(mid_range, paint) AND paint >= coalesce(three, paint) THEN 'paint'
    WHEN mid_range >= coalesce(three, mid_range) THEN 'mid_range'
    WHEN three IS NOT NULL THEN 'three'
  END AS weakest_zone
FROM compared
