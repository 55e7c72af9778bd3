-- ml_feature_store (MLFS): the 30 features of each player of player_daily_cache on D.
--
-- Points are whole numbers, whose sums are exact. Sums of fractions are taken over whole multiples
-- of 1e-12: these add up to the same double in any order, so a rerun gives the same bits.
-- Before a comparison with a threshold values are rounded to 9 decimals: real ones sit on it.
-- NULLS FIRST: neither key is ever NULL, but so every engine can say this order.

WITH appearances AS (
  SELECT
    player_id,
    season,
    game_date,
    game_id,
    points,
    ftm,
    round(minutes * 1e12) AS minutes_e12,
    row_number() OVER in_order AS number,
    lead(game_date) OVER in_order AS next_game_date
  FROM player_game_summary
  WINDOW in_order AS (
    PARTITION BY season, player_id
    ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
  )
),

-- What is known of a player once an appearance is over.
after_appearance AS (
  SELECT
    player_id,
    season,
    game_date,
    next_game_date,
    number AS appearances,
    -- An appearance without points counts as one, and is left out of the means.
    count(points) OVER last_2 AS games_2,
    count(points) OVER last_5 AS games_5,
    count(points) OVER last_10 AS games_10,
    count(points) OVER so_far AS games_season,
    sum(points) OVER last_2 AS points_2,
    sum(points) OVER last_5 AS points_5,
    sum(points) OVER last_10 AS points_10,
    sum(points) OVER so_far AS points_season,
    sum(points * points) OVER so_far AS points_squared_season,
    sum(CASE WHEN points IS NOT NULL THEN number END) OVER last_10 AS numbers_10,
    sum(CASE WHEN points IS NOT NULL THEN number * number END) OVER last_10 AS numbers_squared_10,
    sum(number * points) OVER last_10 AS numbered_points_10,
    sum(ftm) OVER last_10 AS ftm_10,
    avg(minutes_e12) OVER last_10 AS minutes_e12_10,
    avg(minutes_e12) OVER so_far AS minutes_e12_season
  FROM appearances
  WINDOW
    last_2 AS (
      PARTITION BY season, player_id
      ORDER BY number NULLS FIRST
      ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    ),
    last_5 AS (
      PARTITION BY season, player_id
      ORDER BY number NULLS FIRST
      ROWS BETWEEN 4 PRECEDING AND CURRENT ROW
    ),
    last_10 AS (
      PARTITION BY season, player_id
      ORDER BY number NULLS FIRST
      ROWS BETWEEN 9 PRECEDING AND CURRENT ROW
    ),
    so_far AS (
      PARTITION BY season, player_id
      ORDER BY number NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),

-- The latest appearance before D of each player of D.
latest AS (
  SELECT
    c.game_date,
    a.player_id,
    a.season,
    a.appearances,
    a.games_2,
    a.games_5,
    a.games_10,
    a.games_season,
    a.points_2,
    a.points_5,
    a.points_10,
    a.points_season,
    a.points_squared_season,
    a.numbers_10,
    a.numbers_squared_10,
    a.numbered_points_10,
    a.ftm_10,
    a.minutes_e12_10,
    a.minutes_e12_season
  FROM cache AS c
  JOIN after_appearance AS a
    ON a.player_id = c.player_id
    AND a.season = c.season
    AND a.game_date < c.game_date
    AND (a.next_game_date IS NULL OR a.next_game_date >= c.game_date)
),

minutes_spread AS (
  SELECT
    l.game_date,
    l.player_id,
    count(a.minutes_e12) AS games,
    -- Squared minutes, again in whole multiples of 1e-12.
    sum(round((a.minutes_e12 - l.minutes_e12_10) * (a.minutes_e12 - l.minutes_e12_10) / 1e12))
      / 1e12 AS squares
  FROM latest AS l
  JOIN appearances AS a
    ON a.player_id = l.player_id
    AND a.season = l.season
    AND a.number BETWEEN l.appearances - 9 AND l.appearances
  GROUP BY l.game_date, l.player_id
),

-- Across seasons, and whichever team he played for.
meetings AS (
  SELECT
    c.game_date,
    c.player_id,
    count(*) AS games,
    avg(a.points) AS points_avg
  FROM context AS c
  JOIN past_year AS a
    ON a.player_id = c.player_id
    AND a.opponent = c.opponent
    AND a.game_date < c.game_date
    AND a.game_date >= c.game_date - 365
  GROUP BY c.game_date, c.player_id
),

-- What is known of a team once a game is over.
after_game AS (
  SELECT
    team,
    season,
    game_date,
    lead(game_date) OVER in_order AS next_game_date,
    row_number() OVER in_order AS games,
    avg(CASE WHEN won THEN 1 WHEN NOT won THEN 0 END) OVER so_far AS win_rate,
    avg(CASE WHEN abs(margin) >= 15 THEN 1 WHEN margin IS NOT NULL THEN 0 END) OVER last_10
      AS blowout_rate
  FROM team_offense_game_summary
  WINDOW
    in_order AS (
      PARTITION BY season, team
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ),
    last_10 AS (
      PARTITION BY season, team
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN 9 PRECEDING AND CURRENT ROW
    ),
    so_far AS (
      PARTITION BY season, team
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),

form AS (
  SELECT
    l.game_date,
    l.player_id,
    CASE
      WHEN l.appearances >= 5
        THEN round(
          (
            l.points_2 / nullif(l.games_2, 0)
            - (l.points_5 - l.points_2) / nullif(l.games_5 - l.games_2, 0)
          ) * 1e9
        ) / 1e9
    END AS points_trend,
    -- NULL where he has not played a minute all season.
    round((l.minutes_e12_10 / nullif(l.minutes_e12_season, 0) - 1) * 1e9) / 1e9 AS minutes_trend,
    CASE WHEN l.appearances >= 5 THEN l.ftm_10 / nullif(l.points_10, 0) END
      AS free_throw_point_share,
    -- Least squares: (nΣxy - ΣxΣy) / (nΣx² - (Σx)²). All of it is whole until it is divided, and
    -- counting x from the first appearance of the season instead of the window changes nothing.
    CASE
      WHEN l.appearances >= 5 THEN
        (l.games_10 * l.numbered_points_10 - l.numbers_10 * l.points_10)
        / nullif(l.games_10 * l.numbers_squared_10 - l.numbers_10 * l.numbers_10, 0)
    END AS points_slope_last_10,
    l.points_5 / nullif(l.games_5, 0) - l.points_season / nullif(l.games_season, 0)
      AS points_above_season,
    -- The variance times n(n - 1) is a whole number, so equal points deviate by exactly 0.
    sqrt(
      (l.games_season * l.points_squared_season - l.points_season * l.points_season)
      / nullif(l.games_season * (l.games_season - 1), 0)
    ) AS points_std_season,
    CASE WHEN l.appearances >= 3 THEN sqrt(m.squares / nullif(m.games - 1, 0)) END
      AS minutes_std_last_10
  FROM latest AS l
  LEFT JOIN minutes_spread AS m
    ON m.game_date = l.game_date
    AND m.player_id = l.player_id
),

unclamped AS (
  SELECT
    *,
    points_above_season / nullif(points_std_season, 0) AS points_zscore
  FROM form
),

features AS (
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
    k.points_avg_last_5,
    k.points_avg_last_10,
    k.points_avg_season,
    k.points_std_last_10,
    k.games_last_7_days,
    p.fatigue_score,
    p.shot_zone_mismatch_score,
    p.pace_score,
    p.usage_spike_score,
    p.total_composite_adjustment,
    CAST(
      CASE
        WHEN f.points_trend >= 5 THEN 2
        WHEN f.points_trend >= 2 THEN 1
        WHEN f.points_trend <= -5 THEN -2
        WHEN f.points_trend <= -2 THEN -1
        WHEN f.points_trend IS NOT NULL THEN 0
      END AS INTEGER
    ) AS recent_trend,
    CAST(
      CASE
        WHEN f.minutes_trend >= 0.20 THEN 2
        WHEN f.minutes_trend >= 0.10 THEN 1
        WHEN f.minutes_trend <= -0.20 THEN -2
        WHEN f.minutes_trend <= -0.10 THEN -1
        WHEN f.minutes_trend IS NOT NULL THEN 0
      END AS INTEGER
    ) AS minutes_change,
    d.defensive_rating_last_15 AS opponent_defensive_rating,
    c.opponent_pace_last_10 AS opponent_pace,
    c.is_home,
    c.days_rest = 1 AS is_back_to_back,
    c.days_rest,
    z.paint_rate_last_10 AS paint_rate,
    z.mid_range_rate_last_10 AS mid_range_rate,
    z.three_rate_last_10 AS three_rate,
    f.free_throw_point_share,
    k.team_pace_last_10 AS team_pace,
    k.team_offensive_rating_last_10 AS team_offensive_rating,
    CASE WHEN g.games >= 5 THEN g.win_rate END AS team_win_rate,
    m.points_avg AS points_vs_opponent_avg,
    CAST(coalesce(m.games, 0) AS INTEGER) AS games_vs_opponent,
    f.points_slope_last_10,
    -- CASE keeps NULL where least and greatest would put the limit in its place.
    CASE
      WHEN f.points_zscore > 3 THEN 3
      WHEN f.points_zscore < -3 THEN -3
      ELSE f.points_zscore
    END AS points_zscore_last_5,
    f.minutes_std_last_10,
    g.blowout_rate
  FROM cache AS k
  JOIN context AS c
    ON c.game_date = k.game_date
    AND c.player_id = k.player_id
  LEFT JOIN factors AS p
    ON p.game_date = k.game_date
    AND p.player_id = k.player_id
  LEFT JOIN unclamped AS f
    ON f.game_date = k.game_date
    AND f.player_id = k.player_id
  LEFT JOIN zones AS z
    ON z.game_date = k.game_date
    AND z.player_id = k.player_id
  LEFT JOIN defense AS d
    ON d.game_date = c.game_date
    AND d.team = c.opponent
  LEFT JOIN meetings AS m
    ON m.game_date = k.game_date
    AND m.player_id = k.player_id
  -- The latest game of his team before D.
  LEFT JOIN after_game AS g
    ON g.team = c.team
    AND g.season = c.season
    AND g.game_date < c.game_date
    AND (g.next_game_date IS NULL OR g.next_game_date >= c.game_date)
),

listed AS (
  SELECT
    *,
    list_filter(
      -- In alphabetical order.
      [
        CASE WHEN blowout_rate IS NULL THEN 'blowout_rate' END,
        CASE WHEN days_rest IS NULL THEN 'days_rest' END,
        CASE WHEN fatigue_score IS NULL THEN 'fatigue_score' END,
        CASE WHEN free_throw_point_share IS NULL THEN 'free_throw_point_share' END,
        CASE WHEN games_last_7_days IS NULL THEN 'games_last_7_days' END,
        CASE WHEN games_vs_opponent IS NULL THEN 'games_vs_opponent' END,
        CASE WHEN is_back_to_back IS NULL THEN 'is_back_to_back' END,
        CASE WHEN is_home IS NULL THEN 'is_home' END,
        CASE WHEN mid_range_rate IS NULL THEN 'mid_range_rate' END,
        CASE WHEN minutes_change IS NULL THEN 'minutes_change' END,
        CASE WHEN minutes_std_last_10 IS NULL THEN 'minutes_std_last_10' END,
        CASE WHEN opponent_defensive_rating IS NULL THEN 'opponent_defensive_rating' END,
        CASE WHEN opponent_pace IS NULL THEN 'opponent_pace' END,
        CASE WHEN pace_score IS NULL THEN 'pace_score' END,
        CASE WHEN paint_rate IS NULL THEN 'paint_rate' END,
        CASE WHEN points_avg_last_10 IS NULL THEN 'points_avg_last_10' END,
        CASE WHEN points_avg_last_5 IS NULL THEN 'points_avg_last_5' END,
        CASE WHEN points_avg_season IS NULL THEN 'points_avg_season' END,
        CASE WHEN points_slope_last_10 IS NULL THEN 'points_slope_last_10' END,
        CASE WHEN points_std_last_10 IS NULL THEN 'points_std_last_10' END,
        CASE WHEN points_vs_opponent_avg IS NULL THEN 'points_vs_opponent_avg' END,
        CASE WHEN points_zscore_last_5 IS NULL THEN 'points_zscore_last_5' END,
        CASE WHEN recent_trend IS NULL THEN 'recent_trend' END,
        CASE WHEN shot_zone_mismatch_score IS NULL THEN 'shot_zone_mismatch_score' END,
        CASE WHEN team_offensive_rating IS NULL THEN 'team_offensive_rating' END,
        CASE WHEN team_pace IS NULL THEN 'team_pace' END,
        CASE WHEN team_win_rate IS NULL THEN 'team_win_rate' END,
        CASE WHEN three_rate IS NULL THEN 'three_rate' END,
        CASE WHEN total_composite_adjustment IS NULL THEN 'total_composite_adjustment' END,
        CASE WHEN usage_spike_score IS NULL THEN 'usage_spike_score' END
      ],
      lambda name: name IS NOT NULL
    ) AS missing_inputs
  FROM features
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
  points_avg_last_5,
  points_avg_last_10,
  points_avg_season,
  points_std_last_10,
  games_last_7_days,
  fatigue_score,
  shot_zone_mismatch_score,
  pace_score,
  usage_spike_score,
  total_composite_adjustment,
  recent_trend,
  minutes_change,
  opponent_defensive_rating,
  opponent_pace,
  is_home,
  is_back_to_back,
  days_rest,
  paint_rate,
  mid_range_rate,
  three_rate,
  free_throw_point_share,
  team_pace,
  team_offensive_rating,
  team_win_rate,
  points_vs_opponent_avg,
  games_vs_opponent,
  points_slope_last_10,
  points_zscore_last_5,
  minutes_std_last_10,
  blowout_rate,
  (30 - len(missing_inputs)) / 30 AS feature_completeness,
  missing_inputs
FROM listed
