-- The players of upcoming_player_game_context (UPCG): the rosters of the teams that play on D.
WITH playing_teams AS (
  SELECT
    game_date,
    home_team AS team,
    season,
    game_id,
    date_away_home_id AS game_code,
    away_team AS opponent,
    TRUE AS is_home
  FROM schedule
  UNION ALL
  SELECT
    game_date,
    away_team AS team,
    season,
    game_id,
    date_away_home_id AS game_code,
    home_team AS opponent,
    FALSE AS is_home
  FROM schedule
),

first_games AS (
  SELECT season, team, min(game_date) AS first_game_date
  FROM (
    SELECT season, home_team AS team, game_date FROM past_games
    UNION ALL
    SELECT season, away_team AS team, game_date FROM past_games
  ) AS team_games
  GROUP BY season, team
),

season_ends AS (
  SELECT season, max(game_date) AS last_game_date
  FROM past_games
  GROUP BY season
),

seasons AS (
  SELECT
    season,
    -- '2022-23' follows '2021-22'
    CAST(CAST(substring(season, 1, 4) AS INTEGER) - 1 AS VARCHAR) || '-' || substring(season, 3, 2)
      AS previous_season
  FROM (SELECT DISTINCT season FROM partitions) AS each_season
),

-- A team without a game of this season before D is taken as it ended the previous season.
roster_windows AS (
  SELECT
    t.*,
    CASE WHEN f.team IS NOT NULL THEN t.season ELSE e.season END AS window_season,
    CASE WHEN f.team IS NOT NULL THEN t.game_date - 30 ELSE e.last_game_date - 29 END
      AS window_start,
    CASE WHEN f.team IS NOT NULL THEN t.game_date - 1 ELSE e.last_game_date END AS window_end
  FROM playing_teams AS t
  LEFT JOIN first_games AS f
    ON f.season = t.season
    AND f.team = t.team
    AND f.first_game_date < t.game_date
  LEFT JOIN seasons AS s
    ON s.season = t.season
  LEFT JOIN season_ends AS e
    ON e.season = s.previous_season
),

-- Across seasons: whoever was listed by another team since is no longer on the roster.
-- NULLS FIRST: neither key is ever NULL, but so every engine can say this order.
listed AS (
  SELECT
    player_id,
    player_name,
    team,
    season,
    game_date,
    lead(game_date) OVER (
      PARTITION BY player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ) AS next_game_date
  FROM listings
),

-- A player's latest listing before D (no next one before D) lies in the window of the team that
-- listed him: he was on its list there, and on no other since.
roster AS (
  SELECT
    w.game_date,
    CAST(l.player_id AS BIGINT) AS player_id,
    l.player_name,
    w.season,
    w.game_id,
    w.game_code,
    w.team,
    w.opponent,
    w.is_home
  FROM roster_windows AS w
  JOIN listed AS l
    ON l.team = w.team
    AND l.season = w.window_season
    AND l.game_date BETWEEN w.window_start AND w.window_end
    AND (l.next_game_date IS NULL OR l.next_game_date >= w.game_date)
),

-- The same few hundred names come back every date: each is folded once. The letters are spelled out
-- because database engines have no function in common that takes off accents. Letters that are no
-- accented a-z (đ, ø, ß) are dropped like any other character.
folded_names AS (
  SELECT
    player_name,
    translate(
      name,
      'àáâãäåāăąǎạảấầẩẫậắằẳẵặ' || 'çćĉċč' || 'ď' || 'èéêëēĕėęěẹẻẽếềểễệ' || 'ĝğġģǧ' || 'ĥ'
        || 'ìíîïĩīĭįǐịỉ' || 'ĵ' || 'ķǩ' || 'ĺļľ' || 'ñńņň' || 'òóôõöōŏőơǒọỏốồổỗộớờởỡợ' || 'ŕŗř'
        || 'śŝşšș' || 'ţťț' || 'ùúûüũūŭůűųưǔụủứừửữự' || 'ŵ' || 'ýÿŷỳỵỷỹ' || 'źżž',
      'aaaaaaaaaaaaaaaaaaaaaa' || 'ccccc' || 'd' || 'eeeeeeeeeeeeeeeee' || 'ggggg' || 'h'
        || 'iiiiiiiiiii' || 'j' || 'kk' || 'lll' || 'nnnn' || 'oooooooooooooooooooooo' || 'rrr'
        || 'sssss' || 'ttt' || 'uuuuuuuuuuuuuuuuuuu' || 'w' || 'yyyyyyy' || 'zzz'
    ) AS folded_name
  FROM (SELECT DISTINCT player_name, lower(player_name) AS name FROM roster) AS names
)

SELECT
  r.game_date,
  r.player_id,
  regexp_replace(n.folded_name, '[^a-z]', '', 'g') AS player_lookup,
  r.player_name,
  r.season,
  r.game_id,
  r.game_code,
  r.team,
  r.opponent,
  r.is_home,
  'upcoming' AS context_source
FROM roster AS r
LEFT JOIN folded_names AS n
  ON n.player_name = r.player_name
